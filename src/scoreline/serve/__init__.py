"""A trained model behind HTTP: routes in `app`, predictions in `service`, the server process in `running`."""
