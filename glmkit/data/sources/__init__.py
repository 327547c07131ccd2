"""One small file for each source format; ``read.SOURCES`` lists them."""
