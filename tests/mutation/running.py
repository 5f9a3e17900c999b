"""Wrong steps of a training: the stack and its update, the loop, what is kept of it, how it is taken up."""

from __future__ import annotations

from .mutants import File, Wrong

#: The quick ones first: most mutants get no further.
STACK = (
    "training/test_stack.py::test_the_first_update_is_the_first_to_the_optimizer",
    "training/test_stack.py::test_a_batch_has_the_targets_of_its_inputs",
    "training/test_stack.py::test_an_update_says_all_that_went_into_it_and_changes_nothing_of_it",
    "training/test_stack.py::test_runs_that_are_kept_go_on_as_if_alone",
    "training/test_loop.py::test_runs_of_one_stack_have_orders_rates_and_states_of_their_own",
    "training/test_stack.py::test_each_epoch_takes_every_example_once_in_a_new_order",
    "training/test_loop.py",
    "training/test_stack.py",
    "training/test_continuing.py",
    "training/test_pausing.py",
)

RUNNING = (
    File(
        "runner/training/stack.py",
        STACK,
        (
            Wrong("a step goes up", "np.subtract(point.parameters, change, out=change)", "np.add(point.parameters, change, out=change)"),
            Wrong("every step starts from the first weights", "np.subtract(point.parameters, change, out=change)", "np.subtract(self.initial[self.runs], change, out=change)"),
            Wrong("old and new weights are mixed up", "self.point = point.objective.at(new, self.training)", "self.point = point.objective.at(np.where(np.arange(new.shape[1]) % 2, new, point.parameters), self.training)"),
            Wrong("a batch counts for all", "self.point if batch is None else", "self.point if batch is not None else"),
            Wrong("updates are counted from 2", "gradient, before, trained, self.hyperparameters, self.updates\n", "gradient, before, trained, self.hyperparameters, self.updates + 1\n"),
            Wrong("the order of one seed is that of all", "order = order[self.stream_of_run]", "order = order[0 * self.stream_of_run]"),
            Wrong("orders move up where a run ends", "self.stream_of_run[kept]", "self.stream_of_run[: kept.sum()]"),
            Wrong("a state moves up where a run ends", "self.state = {name: array[kept] for", "self.state = {name: array[: kept.sum()] for"),
            Wrong("rates move up where a run ends", "table.update({name: array[kept] for", "table.update({name: array[: kept.sum()] for"),
            Wrong("a smaller last batch is left out", "range(0, data.examples, size)", "range(0, data.examples - size + 1, size)"),
            Wrong("targets stay where inputs are shuffled", "data.targets.take(chosen, axis=0)", "data.targets.take(np.sort(chosen), axis=0)"),
            Wrong("a schedule has its own epochs alone", '"epochs": e.last_epoch}', '"epochs": e.epochs}'),
            Wrong("biases are drawn as weights are", "stream(experiment.seed, kind)", 'stream(experiment.seed, "weights")'),
            Wrong("the order begins anew", "skipped = shared.data.examples, shared.epoch_now", "skipped = shared.data.examples, 0"),
            Wrong("updates begin anew", "self.updates = shared.updates_at(shared.epoch_now)", "self.updates = 0"),
            Wrong("the state begins anew", "        if shared.begun:", "        if shared.begun and not self.state:"),
        ),
    ),
    File(
        "runner/training/experiment.py",
        ("training/test_loop.py", "training/test_experiment.py", "training/test_continuing.py"),
        (
            Wrong("a frozen bias is updated", "network.parameter_count if self.train_biases else network.weight_count", "network.parameter_count"),
            Wrong("parameters that are not named are trained", "[place for place in self.train if place < last]", "list(range(last))"),
            Wrong("updates go on from 0", "self.begun.updates if self.begun else 0", "0"),
            Wrong("a last batch is no update", "-(-self.data.examples // self.batch)", "self.data.examples // self.batch"),
        ),
    ),
    File(
        "runner/training/loop.py",
        ("training/test_loop.py", "training/test_recorder.py", "training/test_stopping.py", "training/test_pausing.py"),
        (
            Wrong("a rate is that of the epoch to come", "self.stack.rates(epoch)", "self.stack.rates(epoch + 1)"),
            Wrong("final weights are those of divergence", "now.where(finite, self.recorded) if self.lost else now", "now"),
            Wrong("the last row is left out", "or at in (self.first, self.last)", "or at == self.first"),
            Wrong("a run that stops has no row there", "recorder.add_last(at, stack.runs[whole]", "recorder.add_last(at, stack.runs[whole & False]"),
            Wrong("weights of one and of two epochs ago are mixed up", 'memory["before"], memory["earlier"]', 'memory["earlier"], memory["before"]'),
            Wrong("it goes on from its last row", 'under("now ", memory)', 'under("recorded ", memory)'),
            Wrong("the rows' sums are forgotten", 'self.recorder.recall(under("rows ", memory))', "pass"),
            Wrong("the best is forgotten", 'self.stopping.recall(under("stop ", memory))', "pass"),
            Wrong("the curvature is forgotten", 'self.measurements.recall(under("curvature ", memory))', "pass"),
            Wrong("earlier seconds are forgotten", "seconds + (experiment.paused.seconds if experiment.paused else 0.0)", "seconds"),
            Wrong("an interruption is of the run beside", "for name, array in self.memory.items()}", "for name, array in self.memory.items() if (at := 0) == 0}"),
        ),
    ),
    File(
        "runner/training/recorder.py",
        ("training/test_recorder.py", "training/test_loop.py", "training/test_pausing.py", "training/test_endings.py"),
        (
            Wrong("rows go on behind the last finite one", "np.copyto(self.length, at + 1, where=self.going)", "self.length[runs] = at + 1"),
            Wrong("weights that are not logged may diverge", "(row,) if self.has_parameters else (row, parameters)", "(row,)"),
            Wrong("of equal errors the last is the best", "better = (errors < self.best)", "better = (errors <= self.best)"),
            Wrong("an error is the best that has diverged", "(errors < self.best) & self.going", "(errors < self.best)"),
            Wrong("the final error is the best", 'final_error=last["error"]', "final_error=float(self.best[run])"),
            Wrong("the first row is the last of its chunk", "self.first[fresh] = self.buffer[0, fresh]", "self.first[fresh] = self.buffer[self.length[fresh] - 1, fresh]"),
            Wrong("the first row is that of every chunk", "written[np.isnan(self.first[written, 0])]", "written"),
            Wrong("the last row is the chunk's first", "self.buffer[self.length[written] - 1, written]", "self.buffer[0, written]"),
            Wrong("the best is not kept over an interruption", '"last_count", "best", "best_count")', '"last_count")'),
            Wrong("what is minimised lacks its penalties", '"objective" if "objective" in self.measures else "error"', '"error"'),
        ),
    ),
    File(
        "runner/training/stopping.py",
        ("training/test_stopping.py", "training/test_pausing.py", "training/test_continuing.py"),
        (
            Wrong("of equals the last is the best", "better = values < self.best", "better = values <= self.best"),
            Wrong("the least accuracy is the best", "-1.0 if self.rules.metric", "1.0 if self.rules.metric"),
            Wrong("patience lasts an epoch longer", ">= rules.patience", "> rules.patience"),
            Wrong("final weights are not the best", 'final=self.kept["parameters"][run]', "final=trained.final"),
            Wrong("the state is not the best's", "state=whole_state(state, experiment)", "state=trained.state"),
            Wrong("the final error is not that of the best", 'final_error=numbers["error"]', "final_error=trained.final_error"),
            Wrong("the best weights are those of every epoch", "self.kept[name][runs] = array[better]", "self.kept[name][stack.runs] = array"),
        ),
    ),
    File(
        "runner/training/predictions.py",
        ("training/test_predictions.py::test_the_only_output_says_which_of_two_classes_is_meant",),
        (
            Wrong("every target is of the second class", "classes_of(y, 0.5)", "classes_of(y, -0.5)"),
        ),
    ),
    File(
        "runner/training/halving.py",
        (
            "training/test_halving.py::test_of_equals_the_first_go_on_and_at_least_one",
            "training/test_halving.py::test_the_better_go_on_with_the_bytes_that_they_have_alone",
            "training/test_halving.py::test_what_is_held_out_to_choose_by_is_compared",
        ),
        (
            Wrong("none may go on", "math.ceil(", "math.floor("),
            Wrong("the worse go on", "np.argsort(errors", "np.argsort(-errors"),
            Wrong("runs are asked before their first epoch", "return epoch > 0 and", "return"),
            Wrong("what is trained on is compared", 'COMPARED = ("validation_error", "error")', 'COMPARED = ("error", "validation_error")'),
        ),
    ),
    File(
        "runner/training/continuing.py",
        ("training/test_continuing.py",),
        (
            Wrong("updates are counted to the last row", "experiment.updates_at(trained.final_epoch)", "experiment.updates_at(trained.epochs)"),
            Wrong("it goes on from the last row's epoch", "Begun(trained.final_epoch,", "Begun(trained.epochs,"),
            Wrong("it goes on from the first weights", "trained.final[None]", "trained.initial[None]"),
        ),
    ),
)  # fmt: skip
