"""What every training loop here needs: checkpoints, curves, progress, stopping, devices, memory."""
