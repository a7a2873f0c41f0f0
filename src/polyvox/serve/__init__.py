"""An index behind an HTTP API and a web page."""
