"""The numbers that tune the exact solver, each with what it was set by.

Where iterations are given, they were counted on the first 500 rows of scikit-learn's digits: softmax with L2 of
strength 1e-4, or with L1 of 1e-3, to a gap of 1e-4; the Weston-Watkins hinge with L2 of 0.1 to a gap of 1e-3.
"""

from __future__ import annotations

# When to evaluate the duality gap, and when to stop.

#: Share of the loss at W = 0 below which an objective counts as 0.
NEGLIGIBLE = 1e-6
#: Predicted decrease, relative to `tol`, at which the gap is first evaluated (softmax takes 56 iterations with
#: 0.01, 0.05 and 0.5 alike); the least and the most that it must fall to, as a share, until the next evaluation.
FIRST_EVALUATION, LEAST_DECREASE, MOST_DECREASE = 0.05, 0.02, 0.5
#: Iterations after an evaluation of the gap that was too large, at which the next one is due whatever is
#: predicted: rounding may keep predicted decreases large.
EVALUATION_INTERVAL = 10
#: A run is stopped as limited by rounding after so many evaluations in a row, each with a gap above this share of
#: the least so far and an objective that fell by less than the data's dtype resolves.
STALLED_EVALUATIONS, STALLED_SHARE = 10, 0.9

# Smoothing of hinges.

#: Width of the smoothing at first, in margins: with 2 every hinge has curvature at W = 0.
FIRST_WIDTH = 2.0
#: The width is multiplied by the first, unless moving the prox-centre has brought the cost of smoothing down to
#: the second as a share. The hinge takes 20, 23 and 31 iterations with 0.25, 0.5 and 0.7, and 22, 23 and 23 with a
#: share of 0.5, 0.9 and 0.99.
WIDTH_FACTOR, COST_DECREASE = 0.5, 0.9
#: Predicted decrease, relative to the objective, at which that cost is first evaluated.
FIRST_COST_EVALUATION = 0.02
#: Share of `tol` that smoothing may cost; the hinge takes 24, 23 and 21 iterations with 0.1, 0.25 and 0.7.
SMOOTHING_SHARE = 0.25
#: The smoothed objective is minimised until the predicted decrease is this share of the cost of smoothing, before
#: the centre moves; the hinge takes 25, 23, 39 and 59 iterations with 0.0005, 0.002, 0.02 and 0.1. Weak penalties
#: gain most: at 0.01, on 5,000 rows of 1,280 embeddings, it takes 187 with 0.002, and has a gap of 0.08 after 600
#: with 0.02.
INNER_ACCURACY = 0.002

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
#: A preconditioner is made anew where the curvature is this many times what it was made for, or one over it
#: (softmax takes 55, 56 and 57 iterations with 1.3, 2 and 5),
CURVATURE_RATIO = 2.0
#: and where that takes no more than so many iterations do, whose passes reach a quarter of a product's speed.
FACTOR_ITERATIONS, ITERATION_RATE = 12, 0.25

# Newton's method for hinges.

#: Numbers of the active rows that are held at a time; of more rows than that, evenly spaced ones stand for all.
NEWTON_ENTRIES = 1 << 25
#: Steps of conjugate gradients at the most, and the residual at which they end, relative to the first. The hinge
#: takes 27, 23 and 26 iterations with 0.01, 0.05 and 0.2.
CG_STEPS, CG_ACCURACY = 250, 0.05
#: Longest step of them: a bias along which no row has curvature would run away.
CG_LONGEST_STEP = 1e8
#: Share of the largest curvature below which a row counts as having none.
ZERO_CURVATURE = 1e-5

# Proximal steps.

#: The factor of the curvature where the quadratic lay below the objective, and after each step. Softmax with L1
#: takes 24, 25 and 25 iterations with 1.2, 1.5 and 3 for the first, and 24, 25 and 25 with 0.7, 0.9 and 1 for the
#: second.
CURVATURE_INCREASE, CURVATURE_DECREASE = 1.5, 0.9
#: Share of what the slopes predict that a proximal Newton step must gain (Armijo's condition, whose textbook
#: values are 1e-4 to 0.1), and the shortest step that is tried.
SUFFICIENT_DECREASE, SHORTEST_STEP = 0.01, 1e-10
#: Entries of a Hessian, and of those of all rows by their scores, up to which they are worth having.
HESSIAN_ENTRIES = 1 << 23
#: Sweeps of coordinate descent at the most, and the share of the first one's gain at which they end.
SWEEPS = 60, 1e-4
#: Sweeps that find the support, the weights that are not 0, for which a linear system is then solved; and rounds
#: of both at the most. Softmax with L1 takes 25 iterations with 1 round and with 5.
SUPPORT_SWEEPS, SUPPORT_ROUNDS = (30, 1e-6), 5
#: What is added to the diagonal of a matrix, relative to its largest entry.
DIAGONAL_JITTER = 1e-6
#: Weights from which on sweeps of coordinate descent are compiled.
COMPILED_WEIGHTS = 500
#: Difference of scores by which the slopes of the loss are differentiated.
HESSIAN_LENGTH = 1e-3
#: Share of the mean Hessian that is added to that of each row: a loss without curvature here may have some a step
#: further.
MEAN_HESSIAN_SHARE = 1e-5

# Line search, and the bias alone.

#: The slope must fall to this share of the first one, and the objective must not rise by more than this share of
#: it, which is what rounding does. Softmax takes 56, 56, 60 and 58 iterations with 0.05, 0.2, 0.5 and 0.8.
SLOPE_TOLERANCE, VALUE_ROUNDING = 0.2, 1e-6
MAX_TRIES = 30
#: Share of the bracket that a try is at least away from its ends.
LEAST_SHARE = 0.05
#: A step this long is taken where the objective still falls there: without a penalty the minimum may be at
#: infinity.
LONGEST_STEP = 1e4
#: Quasi-Newton steps on the bias alone, before the gap is evaluated and after an iteration: with many classes one
#: costs as much as a pass over the data. Softmax takes 81, 56 and 56 iterations with 0, 2 and 8 after an
#: iteration.
BIAS_ROUNDS, BIAS_ROUNDS_A_STEP = 8, 2
#: The bias is settled where its own predicted decrease is this share of the next step's; softmax takes 56, 56 and
#: 81 iterations with 1e-3, 1e-2 and 0.1.
BIAS_SETTLED = 1e-2

# Second moments of the data.

#: Rows that moments are measured on: as many as take as long as so many iterations, at least so many a feature,
#: and not fewer than these.
MOMENTS_ITERATIONS, ROWS_PER_FEATURE, FEWEST_ROWS = 8, 2.5, 2_000
#: Features beyond which moments are kept as factors of a sample of rows: a matrix of D x D is too much.
MOST_FEATURES = 24_576
#: Rows of that sample, and the share of its directions that are kept.
FACTOR_ROWS, KEPT_DIRECTIONS = 2048, 0.5
#: Of sparse rows: numbers of the matrix of moments for each one that is stored, beyond which it is too much, and
#: rows of the sample then. Neither was tuned: the first keeps memory in proportion to the data; eigenvalues of 512
#: rows took 0.16 s of a fit of 2 s (11,000 x 30,000 of density 2e-3, 20 classes, 3 iterations to a gap of 1e-5).
SPARSE_FILL, SPARSE_FACTOR_ROWS = 16, 512
#: Eigenvalues of a sample of sparse rows below this share of the largest count as 0: rounding in float64 leaves
#: their vectors orthogonal to about 1e-8. Not tuned.
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
