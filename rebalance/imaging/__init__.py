"""Array-to-array steps from the images to the features of a metric."""
