"""What runs within the sandbox: takes its own rights away, then runs cells. It imports nothing of glmkit but itself."""
