class TalentEventTracker {
constructor(sessionId) {
this.sessionId = sessionId;
this.eventQueue = [];
}
trackJobImpression(jobId, position) {
this.queueEvent({
type: 'IMPRESSION',
jobId: jobId,
metadata: { position: position }
});
}
trackJobView(jobId) {
this.queueEvent({
type: 'VIEW',
jobId: jobId,
metadata: { timestamp: Date.now() }
});
// Send immediately for important events
this.flush();
}
trackApplicationStart(jobId) {
this.queueEvent({
type: 'APPLICATION_START',
jobId: jobId,
metadata: { timestamp: Date.now() }
});
this.flush();
}
queueEvent(event) {
this.eventQueue.push({
...event,
sessionId: this.sessionId,
eventId: this.generateEventId()
});
}
async flush() {
if (this.eventQueue.length === 0) return;
try {
await fetch('/api/talent/events', {
method: 'POST',
headers: { 'Content-Type': 'application/json' },
body: JSON.stringify({
events: this.eventQueue.splice(0)
})
});
} catch (error) {
console.warn('Event tracking failed:', error);
}
}
generateEventId() {
return 'event_' + Date.now() + '_' + Math.random().toString(36).substr(2, 9);
}
}
