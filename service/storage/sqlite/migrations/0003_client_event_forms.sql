-- Client events come in several forms: in which, and what v4's, in which they are kept, can't say.
ALTER TABLE client_events ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client_events ADD COLUMN other_fingerprints BLOB;  -- of what each other form can say of it; NULL: see records.py
ALTER TABLE client_events ADD COLUMN beside BLOB;
