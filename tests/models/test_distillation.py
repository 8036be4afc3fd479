import pytest
import torch
from torch.nn import functional

from models.training.distillation import Lesson, lesson_loss, open_teacher, projection
from models.training.loop.errors import TrainingError
from tests.weights import random_weights


@pytest.fixture(scope="module")
def card_path(tmp_path_factory):
    return random_weights(tmp_path_factory.mktemp("teacher"))


CPU = torch.device("cpu")


def test_agreement_costs_nothing_and_disagreement_does():
    torch.manual_seed(0)
    lesson = Lesson(torch.randn(6, 8), torch.randn(6, 2))
    same = lesson_loss(3 * lesson.embeddings + 5, lesson.logits, lesson)
    assert same == pytest.approx(0.0, abs=1e-5)
    assert lesson_loss(-lesson.embeddings, lesson.logits, lesson) == pytest.approx(2.0, abs=1e-4)
    assert lesson_loss(lesson.embeddings, -lesson.logits, lesson) > 0.1


def test_a_teacher_sees_its_own_part_of_the_crop(card_path):
    teacher = open_teacher(card_path, 2.0, CPU)
    seen = teacher.card.preprocessing
    inner = round(64 * seen.margin / 2.0)
    crops = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    framed = crops.clone()
    border = (64 - inner) // 2
    framed[:, : border - 1] = 0
    framed[:, :, : border - 1] = 255
    one, two = teacher(crops, CPU), teacher(framed, CPU)
    assert one.logits.shape == (2, 2)
    torch.testing.assert_close(one.embeddings, two.embeddings)


def test_a_pupil_learns_from_its_teacher(card_path):
    torch.manual_seed(0)
    teacher = open_teacher(card_path, 2.0, CPU)
    layer = projection(teacher.network, teacher)
    crops = torch.randint(0, 256, (4, 32, 32, 3), dtype=torch.uint8)
    lesson = teacher(crops, CPU)
    logits = torch.zeros(4, 2, requires_grad=True)
    loss = lesson_loss(layer(torch.randn(4, teacher.network.embedding_size)), logits, lesson)
    loss.backward()
    assert layer.weight.grad.abs().sum() > 0
    step = functional.softmax(logits - 0.1 * logits.grad, dim=1)
    assert ((step[:, 1] > 0.5) == (lesson.logits[:, 1] > lesson.logits[:, 0])).all()


def test_a_teacher_that_needs_more_of_the_face_is_refused(card_path, tmp_path):
    with pytest.raises(TrainingError, match="face sizes"):
        open_teacher(card_path, 0.6, CPU)
    with pytest.raises(TrainingError, match="teacher cannot be used"):
        open_teacher(tmp_path / "none.card.json", 2.0, CPU)
