"""Where replies come from: one module a provider."""
