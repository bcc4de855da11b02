"""How much signal two half maps share by direction: conical and toroidal Fourier correlations."""
