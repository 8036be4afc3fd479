"""Training: crop stores in, weights and cards out."""
