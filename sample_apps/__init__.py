"""Small ordinary Flask applications, one per lesson, and the runner that serves them traced."""
