"""Evidence: taking exhibits in, their facts and frame index, reading and verifying them."""
