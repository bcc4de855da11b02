"""The order of averages, their chain and their map; arrays in and out."""
