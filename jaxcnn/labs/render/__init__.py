"""From a report to files: HTML to read, a notebook that runs again, PDF to hand in, numbers as JSON, pictures."""
