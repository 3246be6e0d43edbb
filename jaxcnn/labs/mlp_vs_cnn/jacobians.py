"""The seven Jacobians: derived, computed in closed form, and compared with autodiff."""

import jax
import numpy as np

from jaxcnn.datasets import scaled
from jaxcnn.jacobians import seven_jacobians
from jaxcnn.labs.mlp_vs_cnn.run import SUM, Run
from jaxcnn.labs.report import Equation, Paragraph, Section, Table
from jaxcnn.zoo import MLP
from verify import check_jacobian

# Name, formula in LaTeX, and how it comes about.
_DERIVED = (
    (
        r"\frac{\partial L}{\partial a_2} = \hat{y} - y",
        "log ŷₖ = a₂ₖ − log Σⱼ exp a₂ⱼ, so ∂ log ŷₖ / ∂a₂ᵢ = [i = k] − ŷᵢ; and since the y add up to 1, −Σₖ yₖ ([i = "
        "k] − ŷᵢ) = ŷᵢ − yᵢ. Softmax and logarithm one after the other would give the same, with a division by ŷ "
        "that may be 0.",
    ),
    (
        r"\frac{\partial a_2}{\partial b_2} = I \qquad "
        r"\frac{\partial a_{2,o}}{\partial W_{2,pi}} = f_{1,i}\,[o = p] \qquad \frac{\partial a_2}{\partial f_1} = W_2",
        "a₂ₒ = Σᵢ W₂ₒᵢ f₁ᵢ + b₂ₒ is linear in each of b₂, W₂ and f₁: each Jacobian is what stands beside the "
        "variable. An output reads its own row of W₂ only, so most of ∂a₂/∂W₂ is zero.",
    ),
    (
        r"\frac{\partial f_1}{\partial a_1} = \mathrm{diag}\left(\sigma(a_1)\,(1 - \sigma(a_1))\right)",
        "σ acts entry by entry, so all but the diagonal is zero; σ′ = e⁻ᵃ / (1 + e⁻ᵃ)² = σ(a) (1 − σ(a)), at most "
        "1/4. It is computed as σ(a) σ(−a), which keeps its accuracy where σ(a) has rounded to 1.",
    ),
    (
        r"\frac{\partial a_{1,o}}{\partial W_{1,pi}} = x_i\,[o = p] \qquad \frac{\partial a_1}{\partial b_1} = I",
        "As for the second layer, with x in the place of f₁.",
    ),
)


def jacobians(run: Run) -> Section:
    """Derive the seven Jacobians, and compare the closed forms with autodiff at a validation image."""
    held = run.splits.validation
    at = int(np.random.default_rng(run.config.seed).integers(len(held)))
    params = run.given["many"].params[SUM]
    rows, numbers = [], {}
    for found in seven_jacobians(MLP, params, scaled(held.images[at]), held.labels[at]):
        autodiff = np.asarray(jax.jacrev(found.function)(found.argument), np.float64)
        apart = float(np.max(np.abs(np.asarray(found.value, np.float64) - autodiff)))
        largest = float(np.max(np.abs(autodiff)))
        shape = " × ".join(map(str, np.shape(found.value)))
        told = "not in the quick form"
        if not run.config.quick:
            report = check_jacobian(found.function, found.value, found.argument, seed=run.config.seed)
            report.raise_if_failed()
            told = f"{len(report.passed)} findings held"
        rows.append((found.name, shape, found.formula, largest, apart, told))
        numbers[found.name] = {"largest entry": largest, "largest difference to autodiff": apart}
    equations = tuple(Equation(latex, where) for latex, where in _DERIVED)
    return Section(
        "The seven Jacobians",
        (
            Paragraph(
                "With them the chain rule gives every gradient: ∂L/∂W₁ = ∂L/∂a₂ · ∂a₂/∂f₁ · ∂f₁/∂a₁ · ∂a₁/∂W₁, and "
                "so on."
            ),
            *equations,
            Paragraph(
                f"In closed form and by autodiff, at validation image {at} (a {held.classes[held.labels[at]]}) and "
                "the weights of the trained perceptron. Kernels are stored as (inputs, outputs), so a Jacobian by W "
                "has the axes output, input, output."
            ),
            Table(
                "The seven Jacobians, closed form beside autodiff.",
                ("Jacobian", "shape", "entries", "largest entry", "largest difference to autodiff", "verify"),
                tuple(rows),
            ),
        ),
        numbers,
    )
