"""When all goes well."""

from support_tuner import Dataset
from support_tuner.pipeline import PRICES

MODEL = "gpt-4.1-mini-2025-04-14"
QUESTION = "My lamp flickers."


def test_one_job_is_created_as_it_was_planned(openai_simulator, run, train, valid):
    """Model, files, suffix and epochs are those of the command line."""
    code = run("--epochs", 2, "--suffix", "lamps")
    openai_simulator.assert_job_created_once(
        model=MODEL,
        training_file=train,
        validation_file=valid,
        suffix="lamps",
        method="supervised",
        hyperparameters={"n_epochs": 2},
        status="succeeded",
    )
    assert code == 0


def test_both_files_are_uploaded_for_fine_tuning(openai_simulator, run, train, valid):
    """Each of them once."""
    run()
    openai_simulator.assert_uploaded_once(train, purpose="fine-tune")
    openai_simulator.assert_uploaded_once(valid, purpose="fine-tune")


def test_the_tuned_model_is_asked_under_the_prompt_that_it_was_taught(openai_simulator, run, train, capsys):
    """A model that is asked under another prompt forgets what it was taught."""
    run("--ask", QUESTION)
    openai_simulator.assert_asked(
        model="ft:*:support:*", text=QUESTION, system=Dataset.read(train).system, temperature=0
    )
    assert "Turn the bulb a little tighter" in capsys.readouterr().out


def test_an_answer_that_was_not_taught_is_scripted(openai_simulator, run, capsys):
    """What the program does with an answer can be tested whatever the answer is."""
    openai_simulator.on_chat(model="ft:*", text="Hello?").reply("Hello! Help page 0.")
    run("--ask", "Hello?")
    assert "Hello! Help page 0." in capsys.readouterr().out


def test_nothing_of_the_customers_is_left_behind(openai_simulator, run):
    """The uploads are deleted once they have been learned; the model stays."""
    run()
    openai_simulator.assert_all_jobs_ended()
    openai_simulator.assert_nothing_left(models=False)


def test_the_key_is_sent_where_keys_are_sent_and_nowhere_else(openai_simulator, run, caplog, capsys):
    """Nor is it written into the log."""
    caplog.set_level("DEBUG", logger="support_tuner")
    run("--ask", QUESTION)
    printed = capsys.readouterr()
    openai_simulator.assert_no_secrets(caplog.text, printed.out, printed.err)


def test_the_training_costs_no_more_than_was_reckoned(openai_simulator, run, train):
    """The estimate is on the safe side."""
    run("--epochs", 4)
    openai_simulator.assert_spent_under(Dataset.read(train).tokens * 4 * PRICES[MODEL] / 1e6)


def test_the_same_job_is_not_paid_for_twice(openai_simulator, openai_client, run, train):
    """It is found again among all the jobs that others have created since."""
    run()
    file = openai_client.files.create(file=train, purpose="fine-tune")
    for _ in range(12):
        other = openai_client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        openai_client.fine_tuning.jobs.cancel(other.id)
    run()
    openai_simulator.assert_job_created(times=1, suffix="support")
