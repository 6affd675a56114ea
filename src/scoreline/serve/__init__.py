"""A trained model behind HTTP: `app` has the routes, `service` what answers, `running` the server itself."""
