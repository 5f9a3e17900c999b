"""What a run leaves and is taken for: checksums, lines, files, the table of runs, resumed sweeps."""

from __future__ import annotations

from .mutants import File, Wrong

LEAVING = (
    File(
        "runner/records/checksums.py",
        ("records/test_checksums.py", "records/test_histories.py"),
        (
            Wrong("a sum is that of the last piece", "zlib.crc32(piece, self.crc)", "zlib.crc32(piece)"),
            Wrong("a size is that of the last piece", "self.size + len(piece)", "len(piece)"),
            Wrong("files of one size are equal", "    if str(now) == then:", "    if str(now.size) == size:"),
            Wrong("a summary may be cut", 'if text[-1:] == "\\n" else None', "if text else None"),
            Wrong("a history may be changed", "names = [name for name in FILES if files.get(name)]", "names = [name for name in FILES if files.get(name) and name != HISTORY]"),
            Wrong("a changed file is read", "    if then and (fault := _fault(path, then)):", "    if then and (fault := _fault(path, None)):"),
        ),
    ),
    File(
        "runner/records/lines.py",
        ("records/test_lines.py", "records/test_runs_table.py"),
        (
            Wrong("status and ending are swapped", "line.status, line.ending, *numbers", "line.ending, line.status, *numbers"),
            Wrong("a result stands under a swept key's name", 'return f"{name}_reached" if name in swept else name', "return name"),
            Wrong("results are a column off", "row[status + 1 : directory], strict=True", "row[status + 2 : directory + 1], strict=True"),
            Wrong("a diverged run has its last accuracy", "return 0.0 if no_good else", "return"),
            Wrong("a run that was stopped has no accuracy", "self.status == DIVERGED", "self.status >= DIVERGED"),
            Wrong("a sweeper is given what was trained on", '"validation_error" if "validation_error" in self.results else "final_error"', '"final_error"'),
            Wrong("a line has the keys it was written with", "swept={key: self.swept.get(key) for key in swept}", "swept=self.swept"),
            Wrong("a key of one value varies", "if first.setdefault(key, value) != value:", "if True:"),
        ),
    ),
    File(
        "runner/records/many_lines.py",
        ("records/test_many_lines.py",),
        (
            Wrong("lines come in the order in which runs end", "return sorted([*compress(count(), self._is_at_home), *self._moved])", "return [*compress(count(), self._is_at_home), *self._moved]"),
            Wrong("a run that has moved is where its number says", "rows = [self._moved.get(run, run) for run in piece]", "rows = list(piece)"),
            Wrong("a run has the row of another", "len(self._is_at_home) and self._is_at_home[run]", "len(self._is_at_home)"),
            Wrong("a result that is gone stays", "numbers[row] = results.get(name, nan)", "numbers[row] = results.get(name, numbers[row])"),
            Wrong("a key that is not there has a value", "if value is ABSENT:", "if False:"),
            Wrong("a run is where its number says", "None if line.directory == str(run) else line.directory", "None"),
            Wrong("epochs have decimals", "return int(number) if name in WHOLE_RESULTS and isfinite(number) else number", "return number"),
            Wrong("epochs stand with decimals", "int if name in WHOLE_RESULTS else float", "float"),
            Wrong("a column is without a line that was there before", "SweptColumn(len(self))", "SweptColumn(1)"),
        ),
    ),
    File(
        "runner/records/swept_column.py",
        ("records/test_swept_column.py",),
        (
            Wrong("a text is written anew", "if repr(number) == text:", "if True:"),
            Wrong("a whole number has no sign", "return (_whole, number) if _whole(number) == text else None", "return _whole, number"),
            Wrong("a text that is no number is an error", "except (ValueError, OverflowError):", "except OverflowError:"),
            Wrong("an infinite number is an error", "except (ValueError, OverflowError):", "except ValueError:"),
            Wrong("a number is read as a text", "if type(value) is str:", "if type(value) in (str, int, float):"),
            Wrong("texts that come again are held anew", "value = self._once(value)", "pass"),
            Wrong("no number is held as one", "written = _as_number(value)", "written = None"),
        ),
    ),
    File(
        "runner/sweeping/many_jobs.py",
        ("sweeping/test_many_jobs.py",),
        (
            Wrong("the first key varies fastest", "for column in reversed(columns):", "for column in columns:"),
            Wrong("overrides stand as they vary", "return [laid[at] for at in order]", "return laid"),
            Wrong("a job is there twice", "return column if len(rows) == len(column[0]) else", "return column if True else"),
            Wrong("those of a part are picked from all", "map(self._numbers.__getitem__, places)", "places"),
            Wrong("what is added comes first", "self[at] if at < first else more[at - first]", "more[at] if at < len(more) else self[at - len(more)]"),
            Wrong("more jobs are as good as fewer", "or len(other) != len(self)", ""),
        ),
    ),
    File(
        "runner/records/writing.py",
        ("records/test_writing.py", "records/test_checksums.py", "training/test_pausing.py", "training/test_continuing.py::test_the_state_and_the_order_stand_in_the_folder"),
        (
            Wrong("the row of an interruption stays", "[2]\n        behind =", "[2]\n        last = int(rows[rows.rfind(b'\\n', 0, -1) + 1 :].partition(b',')[0])\n        behind ="),
            Wrong("the rows before it are not counted", 'self.rows[run], self.taken_up[run] = rows.count(b"\\n"), True', "self.taken_up[run] = True"),
            Wrong("a checkpoint outlives its run", "if trained.paused is None and self.taken_up[run]:", "if False:"),
            Wrong("a sum is that of the last rows", "self.sums[run][HISTORY].of(lines)", "Sum().of(lines)"),
            Wrong("what is half written has its name", "_write(os.open(part, _CREATE, _MODE), pieces, synced=synced)\n        os.replace(part, path)", "_write(os.open(path, _CREATE, _MODE), pieces, synced=synced)"),
            Wrong("a whole run is discarded", "if not is_whole or path.endswith(PART):", "if True:"),
            Wrong("initial and final weights are swapped", "[trained.initial, trained.final, *state.values()]", "[trained.final, trained.initial, *state.values()]"),
            Wrong("the best's update is the last's", "final = trained.final_epoch, experiment.updates_at(trained.final_epoch)", "final = trained.epochs, experiment.updates_at(trained.epochs)"),
            Wrong("examples are counted from 0", "*(order + 1).tolist()", "*order.tolist()"),
            Wrong("an order is that of the epoch before", "zip(range(first, epochs), drawn", "zip(range(first + 1, epochs + 1), drawn"),
        ),
    ),
    File(
        "runner/records/trained.py",
        ("api/test_opening.py", "training/test_continuing.py"),
        (
            Wrong("initial weights are read as final", 'final=parameters["final"]', 'final=parameters["initial"]'),
            Wrong("the best is the last", 'best_epoch=int(results["best_epoch"])', 'best_epoch=int(results["epochs"])'),
            Wrong("the epoch of the weights is the last", 'int(summary.files.get("final_epoch", results["epochs"]))', 'int(results["epochs"])'),
            Wrong("a history of other columns is taken", "if list(history.columns) != [experiment.log.unit, *columns(experiment)]:", "if False:"),
        ),
    ),
    File(
        "runner/records/runs_table.py",
        ("records/test_runs_table.py::test_a_table_has_every_run_from_its_first_write_on", "records/test_runs_table.py::test_a_sweep_that_was_killed_has_all_of_its_runs", "records/test_runs_table.py::test_the_folders_tell_whatever_their_names", "records/test_runs_table.py::test_runs_of_unknown_number_are_all_there", "records/test_runs_table.py::test_what_is_no_run_of_the_sweep_is_not_counted", "records/test_runs_table.py::test_a_run_that_is_under_way_is_counted"),
        (
            Wrong("what has ended is looked for", "if line.status == INTERRUPTED}", "if line.status != INTERRUPTED}"),
            Wrong("what has become of runs is not looked for", "        table.catch_up()\n", ""),
            Wrong("a table has its runs before they are there", "self.is_begun &= len(self.lines) == known", "pass"),
            Wrong("a run that failed is interrupted", "status = FAILED if (folder / ERROR).is_file() else line.status", "status = line.status"),
            Wrong("what was copied into a sweep is its run", "if sweep / line.directory == folder:", "if True:"),
            Wrong("a sweep in a sweep is its runs", "            folders.clear()\n            continue", "            pass"),
            Wrong("a number is given twice", "if number not in numbered)", "if True)"),
        ),
    ),
    File(
        "runner/sweeping/resuming.py",
        ("sweeping/test_resuming.py", "records/test_about.py::test_a_sweep_is_resumed_on_the_same_data"),
        (
            Wrong("the folder of another run is taken", "if (line.run, line.directory) != (job.number, directory):", "if False:"),
            Wrong("files that have changed are taken", "        faults = changed(job.folder, files)\n", "        faults = {}\n"),
            Wrong("another configuration is taken", "            _refuse_other_configuration(job, kept(path).read_bytes())\n", "            pass\n"),
            Wrong("other data are taken", "        refuse_other_files(job.folder, job.config)\n", "        pass\n"),
            Wrong("an interrupted run begins anew", "            self.paused[job.number] = checkpoint_of(job.folder)\n", ""),
            Wrong("an interrupted run is done", "if line.status == INTERRUPTED:", "if False:"),
            Wrong("a cut summary is not told", '                self.spoilt[job.number] = {SUMMARY: "is cut"}\n', "                pass\n"),
            Wrong("the runs of another sweep are taken for the first", "if len(lines) <= len(jobs) and all(", "if len(lines) <= len(jobs) or all("),
            Wrong("jobs are numbered as they are asked for", "return jobs.picked([*found, *left.values()]) if", "return jobs if"),
        ),
    ),
)  # fmt: skip
