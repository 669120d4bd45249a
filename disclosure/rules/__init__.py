"""The rules of the app beside those of the catalogue: publications, information requests, replies, fees."""
