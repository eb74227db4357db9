"""Speed and memory, each as a ratio to a named rival or limit measured in the same run."""
