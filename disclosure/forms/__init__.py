"""What the app's pages ask for: categories, texts to come out, information requests and their steps."""
