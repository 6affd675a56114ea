"""The numbers that tune the exact solver, each with what it was set by."""

from __future__ import annotations

# When to evaluate the duality gap, and when to stop.

#: Share of the loss at W = 0 below which an objective counts as 0.
NEGLIGIBLE = 1e-6
#: Predicted decrease, relative to `tol`, at which the gap is first evaluated; its fall until the next evaluation.
FIRST_EVALUATION, LEAST_DECREASE, MOST_DECREASE = 0.05, 0.02, 0.5
#: Iterations after an evaluation that failed, after which the next one comes anyhow: rounding may keep predicted
#: decreases large.
EVALUATION_INTERVAL = 10
#: Evaluations in a row after which rounding is what keeps the gap, where each left it at this share of the least
#: so far while the objective fell by less than the data's dtype resolves.
STALLED_EVALUATIONS, STALLED_SHARE = 10, 0.9

# Smoothing of hinges.

#: Width of the smoothing at first, in margins: so wide that at W = 0 no hinge is straight.
FIRST_WIDTH = 2.0
#: By how much less the next time, unless to move the prox-centre brought the cost down to this share.
WIDTH_FACTOR, COST_DECREASE = 0.5, 0.9
#: Predicted decrease, relative to the objective, at which that cost is first evaluated.
FIRST_COST_EVALUATION = 0.02
#: Share of `tol` that smoothing may cost.
SMOOTHING_SHARE = 0.25
#: Share of the cost of smoothing that the smoothed objective is solved to, before the width is cut.
INNER_ACCURACY = 0.1

# Models of the curvature.

#: Pairs of steps and gradient changes that L-BFGS remembers.
MEMORY = 10
#: Numbers of the data up to which smoothed and squared hinges get Newton's model. It needs a fourth of the
#: iterations or fewer, and is steady where L-BFGS gives up; on larger data its conjugate gradients take longer
#: than all iterations they save, the sooner with squared hinges, which have more rows with curvature.
NEWTON_SMOOTHED, NEWTON_SQUARED = 1 << 22, 1 << 19
#: Least and largest curvature that a preconditioner is made with, relative to the loss's bound.
CURVATURE_RANGE = 1e-6, 1.0
#: Rows and scores that it is measured on at the most, and the length of the directions that it is measured along.
CURVATURE_ROWS, CURVATURE_ENTRIES, CURVATURE_LENGTH = 2000, 1 << 19, 1e-3
#: Fewest and most directions of a row: as many as give `CURVATURE_ROWS` of them in all.
DIRECTIONS = 2, 16
#: A preconditioner is made anew where the curvature is this many times what it was made for, or one over it,
CURVATURE_RATIO = 2.0
#: and where that takes no more than so many iterations do, whose passes reach a quarter of a product's speed.
FACTOR_ITERATIONS, ITERATION_RATE = 12, 0.25

# Newton's method for hinges.

#: Numbers of the active rows that are held at a time; of more rows than that, evenly spaced ones stand for all.
NEWTON_ENTRIES = 1 << 25
#: Steps of conjugate gradients at the most, and the residual at which they end, relative to the first.
CG_STEPS, CG_ACCURACY = 250, 0.05
#: Longest step of them: a bias along which no row has curvature would run away.
CG_LONGEST_STEP = 1e8
#: Share of the largest curvature below which a row counts as straight.
ZERO_CURVATURE = 1e-5

# Proximal steps.

#: By how much the curvature grows when the quadratic was too flat, and shrinks after each step, in case it is not.
CURVATURE_INCREASE, CURVATURE_DECREASE = 1.5, 0.9
#: Share of what the slopes predict that a proximal Newton step must gain, and the shortest step that is tried.
SUFFICIENT_DECREASE, SHORTEST_STEP = 0.01, 1e-10
#: Entries of a Hessian, and of those of all rows by their scores, up to which they are worth having.
HESSIAN_ENTRIES = 1 << 23
#: Sweeps of coordinate descent at the most, and the share of the first one's gain at which they end.
SWEEPS = 60, 1e-4
#: Those that tell which weights are not 0, for which is then solved; and rounds of both at the most.
SUPPORT_SWEEPS, SUPPORT_ROUNDS = (30, 1e-6), 5
#: What is added to the diagonal of a matrix, relative to its largest entry.
DIAGONAL_JITTER = 1e-6
#: Weights from which on sweeps of coordinate descent are compiled.
COMPILED_WEIGHTS = 500
#: How far scores are moved, to see how the slopes of the loss change.
HESSIAN_LENGTH = 1e-3
#: Share of their mean Hessian that all rows have on top of their own: where the loss is straight here it may have
#: curvature a step further.
MEAN_HESSIAN_SHARE = 1e-5

# Line search, and the bias alone.

#: The slope must fall to this share of the first one, and the objective must not rise by more than rounding does.
SLOPE_TOLERANCE, VALUE_ROUNDING = 0.2, 1e-6
MAX_TRIES = 30
#: Share of the bracket that a try is at least away from its ends.
LEAST_SHARE = 0.05
#: A step that still leads down here is long enough.
LONGEST_STEP = 1e4
#: Rounds in which the bias is brought to where its gradient vanishes, at the most, and after a step: with many
#: classes to evaluate all scores costs as much as a pass.
BIAS_ROUNDS, BIAS_ROUNDS_A_STEP = 8, 2
#: Share of the decrease that the next step predicts below which the bias's own is nothing.
BIAS_SETTLED = 1e-2

# Second moments of the data.

#: Rows that moments are measured on: as many as cost what so many passes over the data do, at least so many a
#: feature, and not fewer than these.
MOMENTS_ITERATIONS, ROWS_PER_FEATURE, FEWEST_ROWS = 8, 2.5, 2_000
#: Features beyond which moments are kept as factors of a sample of rows: a matrix of D x D is too much.
MOST_FEATURES = 24_576
#: Rows of that sample, and the share of its directions that are kept.
FACTOR_ROWS, KEPT_DIRECTIONS = 2048, 0.5
#: Of sparse rows: entries of the matrix of moments for each one that is stored, beyond which it is too much, and
#: rows of the sample then. An iteration takes as long as its products with this matrix at 20 of them; with 512
#: rows the eigenvalues take 0.1 s.
SPARSE_FILL, SPARSE_FACTOR_ROWS = 16, 512
#: Eigenvalues of a sample of sparse rows below this share of the largest one have no orthogonal vectors.
RELIABLE = 1e-8
#: What is added to the diagonal at first, relative to its largest entry.
JITTER = 1e-10
#: Columns of a matrix that are copied at a time from one triangle to the other.
TRIANGLE_COLUMNS = 256
#: What an eigendecomposition and a Cholesky factor of n x n take, in the time of so many n^3 multiplications in a
#: matrix product, whose rate the first does not reach.
EIGEN_COST, CHOLESKY_COST = 11, 0.3
#: Share of a sample of rows that is drawn whatever their lengths, so that no weight becomes large.
UNIFORM_SHARE = 0.5
