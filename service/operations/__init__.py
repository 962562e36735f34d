"""Long-running work: durable before it is announced, done in steps, resumed after a crash with exact counts."""
