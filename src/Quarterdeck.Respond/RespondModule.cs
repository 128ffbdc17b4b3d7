using Microsoft.Extensions.DependencyInjection;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Respond.Approvals;
using Quarterdeck.Respond.Approvals.Standing;
using Quarterdeck.Respond.Incidents;
using Quarterdeck.Respond.Rehearsals;
using Quarterdeck.Respond.Runs;
using Quarterdeck.Respond.Runs.Decisions;
using Quarterdeck.Respond.Runs.Effects;
using Quarterdeck.Respond.Runs.Engine;
using Quarterdeck.Respond.Runs.Nesting;
using Quarterdeck.Respond.Runs.Planning;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Respond.Runs.Services;
using Quarterdeck.Respond.Runs.Standing;
using Quarterdeck.Respond.Runs.Steps;
using Quarterdeck.Respond.Transactions;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Respond;

/// <summary>Registers what responds: incidents, runs, approvals, transactions.</summary>
public static class RespondModule
{
    /// <summary>
    /// Adds actions, queries and workers. Needed beside it: <c>OperationsStore</c>, <c>TimeProvider</c>,
    /// <c>IReadOnlyList&lt;BoundPack&gt;</c>, <see cref="IOperatorDirectory"/>, <see cref="SignersOfRoles"/> and <see cref="SeriesOfPack"/>.
    /// </summary>
    public static IServiceCollection AddRespond(
        this IServiceCollection services, Action<RespondOptions>? configure = null)
    {
        var options = new RespondOptions();
        configure?.Invoke(options);
        services.AddSingleton(options.Approvals).AddSingleton(options.Runs).AddSingleton(options.Transactions);
        services.AddSingleton<PackBindings>();
        services.AddSingleton<LinkOfChain>(provider => provider.GetRequiredService<PackBindings>().FindChain);

        services.AddSingleton<AlertIntake>().AddSingleton<AcknowledgeIncident>().AddSingleton<AddNote>().AddSingleton<ResolveIncident>()
            .AddSingleton<IncidentList>().AddSingleton<IncidentDetail>().AddSingleton<NamedRunbooks>();

        services.AddSingleton<EvidenceVerifier>().AddSingleton<PlanClearance>().AddSingleton<ApprovePlan>().AddSingleton<RejectPlan>()
            .AddSingleton<PlanDetail>().AddSingleton<ReviewBreakGlass>();
        services.AddSingleton<ExceptionReading>().AddSingleton<PlatformSource>(provider => provider.GetRequiredService<ExceptionReading>().Read);
        services.AddSingleton<LinkStanding>().AddSingleton<ApproveStanding>().AddSingleton<RevokeStanding>().AddSingleton<StandingList>()
            .AddSingleton<RequestStanding>();

        services.AddSingleton<RecordedEvidence>().AddSingleton<EvidenceSource>(provider => provider.GetRequiredService<RecordedEvidence>().Find);

        services.AddSingleton<TransactionLane>().AddSingleton<TransactionList>();

        services.AddSingleton<BreakGlass>().AddSingleton<SeriesCheck>().AddSingleton<StagePlanning>().AddSingleton<ProposeRun>().AddSingleton<AbortRun>()
            .AddSingleton<PauseRun>().AddSingleton<ResumeRun>().AddSingleton<ConfirmStep>().AddSingleton<RunList>().AddSingleton<RunDetail>()
            .AddSingleton<SafeSteps>().AddSingleton<SendLooks>().AddSingleton<SendExecution>().AddSingleton<RunDriver>()
            .AddSingleton<ChooseBranch>().AddSingleton<ResolveStep>().AddSingleton<DecisionExecution>().AddSingleton<ConditionWait>()
            .AddSingleton<ChildRuns>().AddSingleton<Compensation>();
        services.AddSingleton<ServiceDrivers>().AddSingleton<ActionPlanning>().AddSingleton<EffectExecution>().AddSingleton<EffectKinds>()
            .AddSingleton<ServiceEffect>().AddSingleton<DatabaseEffect>().AddSingleton<ExternalEffect>()
            .AddSingleton(provider => new HttpEffect(OutboundGuard.Client(OutboundPolicy.Runbooks(options.Runs.AllowedHosts)), options.Runs, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new HttpReads(OutboundGuard.Client(OutboundPolicy.Runbooks(options.Runs.AllowedHosts))))
            .AddSingleton<QueryReads>().AddSingleton<StepReading>().AddSingleton<ReadExecution>();

        services.AddSingleton<PauseReadiness>().AddSingleton<ContractReadiness>().AddSingleton<RecordRehearsal>().AddSingleton<RehearsalHistory>().AddSingleton<RehearsalSeries>();
        services.AddSingleton<PlatformSource>(provider => provider.GetRequiredService<RehearsalSeries>().Sample);

        if (options.Workers)
        {
            services.AddHostedService<IncidentWorker>().AddHostedService<PlanExpiry>().AddHostedService<ProposalWorker>().AddHostedService<StandingWorker>()
                .AddHostedService<RunWorker>().AddHostedService<TransactionWatch>();
        }

        return services;
    }
}

/// <summary>Settings of what responds.</summary>
public sealed class RespondOptions
{
    /// <summary>Of approvals.</summary>
    public ApprovalOptions Approvals { get; } = new();

    /// <summary>Of runs.</summary>
    public RunOptions Runs { get; } = new();

    /// <summary>Of transactions.</summary>
    public TransactionOptions Transactions { get; } = new();

    /// <summary>Whether this process works, or only asks and shows. Default: true.</summary>
    public bool Workers { get; set; } = true;
}
