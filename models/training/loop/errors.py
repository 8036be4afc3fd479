"""What can stop a training through no fault of the code."""


class TrainingError(Exception):
    """The data, the settings or the machine do not allow it; the sentence says what to do."""


class TrainingStopped(Exception):  # noqa: N818
    """A training was asked to stop and has saved what it did; the same command goes on."""
