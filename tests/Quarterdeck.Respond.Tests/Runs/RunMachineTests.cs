using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Engine;

namespace Quarterdeck.Respond.Tests.Runs;

public sealed class RunMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static StepView Step(
        int index, StepState state = StepState.Pending, bool writes = false, bool forPerson = false, int stage = 1,
        OnFailure onFailure = OnFailure.Stop, DateTimeOffset? due = null, bool passedOver = false) =>
        new(index, stage, writes, forPerson, onFailure, state, due, state == StepState.Failed ? "no" : null, passedOver);

    private static RunView Run(IReadOnlyList<StepView> steps, params (int Stage, PlanState State)[] plans) =>
        new(RunState.Running, null, steps, plans.ToDictionary(p => p.Stage, p => new StagePlanView(p.State, "why")));

    [Fact]
    public void Reads_before_the_first_write_run_while_approvals_are_awaited()
    {
        var run = Run([Step(0), Step(1, writes: true)], (1, PlanState.Pending));
        Assert.Equal(new RunMove.Execute(0), RunMachine.Next(run, Now));
        Assert.Equal(RunState.AwaitingApproval, RunMachine.StateWhileExecuting(run, 0));
    }

    [Fact]
    public void A_write_waits_for_its_plan()
    {
        var steps = new[] { Step(0, StepState.Done), Step(1, writes: true) };
        Assert.Equal(RunState.AwaitingApproval, Assert.IsType<RunMove.Rest>(RunMachine.Next(Run(steps, (1, PlanState.Pending)), Now)).State);
        Assert.Equal(new RunMove.Execute(1), RunMachine.Next(Run(steps, (1, PlanState.Approved)), Now));
        Assert.Equal(new RunMove.Execute(1), RunMachine.Next(Run(steps, (1, PlanState.Executing)), Now));
        Assert.Equal(new RunMove.Gather(1), RunMachine.Next(Run(steps), Now));
    }

    [Theory]
    [InlineData(PlanState.Rejected, RunState.Aborted)]
    [InlineData(PlanState.Expired, RunState.Failed)]
    [InlineData(PlanState.Void, RunState.Failed)]
    [InlineData(PlanState.Executed, RunState.Failed)]
    public void A_plan_that_cannot_be_used_ends_the_run(PlanState plan, RunState end) =>
        Assert.Equal(end, Assert.IsType<RunMove.Finish>(RunMachine.Next(Run([Step(0, writes: true)], (1, plan)), Now)).State);

    [Fact]
    public void An_approval_of_one_stage_is_none_of_the_next()
    {
        var run = Run([Step(0, StepState.Done, writes: true), Step(1, writes: true, stage: 2)], (1, PlanState.Executing));
        Assert.Equal(new RunMove.Gather(2), RunMachine.Next(run, Now));
    }

    [Theory]
    [InlineData(StepState.Running)]
    [InlineData(StepState.Unknown)]
    public void An_effect_under_way_is_settled_before_anything_else_even_an_abort(StepState state)
    {
        var run = Run([Step(0, state, writes: true), Step(1)], (1, PlanState.Executing)) with { Stop = new StopRequest(true, "operator:a", "enough") };
        Assert.Equal(new RunMove.Settle(0), RunMachine.Next(run, Now));
    }

    [Fact]
    public void An_abort_ends_the_run_before_its_next_step_and_a_pause_rests_it()
    {
        var run = Run([Step(0, StepState.Done), Step(1)]);
        Assert.Equal(RunState.Aborted, Assert.IsType<RunMove.Finish>(
            RunMachine.Next(run with { Stop = new StopRequest(true, "operator:a", "enough") }, Now)).State);
        Assert.Equal(RunState.Paused, Assert.IsType<RunMove.Rest>(
            RunMachine.Next(run with { Stop = new StopRequest(false, "operator:a", "lunch") }, Now)).State);
    }

    [Fact]
    public void A_wait_is_an_absolute_deadline()
    {
        var due = Now.AddHours(24);
        var run = Run([Step(0, StepState.Waiting, due: due)]);
        Assert.Equal(due, Assert.IsType<RunMove.Rest>(RunMachine.Next(run, due.AddTicks(-1))).Until);
        Assert.Equal(new RunMove.Complete(0), RunMachine.Next(run, due));
    }

    [Fact]
    public void A_manual_step_waits_for_a_person_without_end() =>
        Assert.Null(Assert.IsType<RunMove.Rest>(RunMachine.Next(Run([Step(0, StepState.Waiting, forPerson: true)]), Now.AddYears(1))).Until);

    [Fact]
    public void A_failure_stops_for_a_person_goes_on_or_ends_as_the_step_says()
    {
        RunMove Next(OnFailure response, bool passedOver = false) => RunMachine.Next(
            Run([Step(0, StepState.Failed, onFailure: response, passedOver: passedOver), Step(1)]), Now);
        Assert.Equal(RunState.Paused, Assert.IsType<RunMove.Rest>(Next(OnFailure.Stop)).State);
        Assert.Equal(new RunMove.Execute(1), Next(OnFailure.Stop, passedOver: true));
        Assert.Equal(new RunMove.Execute(1), Next(OnFailure.Continue));
        Assert.Equal(RunState.Failed, Assert.IsType<RunMove.Finish>(Next(OnFailure.Abort)).State);
    }

    [Fact]
    public void A_run_with_a_failure_that_was_passed_by_is_told_as_failed_and_one_with_skipped_steps_succeeds()
    {
        Assert.Equal(RunState.Failed, Assert.IsType<RunMove.Finish>(RunMachine.Next(
            Run([Step(0, StepState.Failed, onFailure: OnFailure.Continue), Step(1, StepState.Done)]), Now)).State);
        Assert.Equal(RunState.Succeeded, Assert.IsType<RunMove.Finish>(RunMachine.Next(
            Run([Step(0, StepState.Skipped), Step(1, StepState.Done)]), Now)).State);
    }

    [Fact]
    public void Nothing_follows_an_end() =>
        Assert.IsType<RunMove.Nothing>(RunMachine.Next(Run([Step(0)]) with { State = RunState.Aborted }, Now));
}
