"""Pure array → array steps between the images as read and the features of a metric."""
