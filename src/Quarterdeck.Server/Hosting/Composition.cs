using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Quarterdeck.Observe;
using Quarterdeck.Observe.Indexing;
using Quarterdeck.Observe.Metrics;
using Quarterdeck.Observe.Notifying;
using Quarterdeck.Observe.Outbound;
using Quarterdeck.Packs;
using Quarterdeck.Packs.Environments;
using Quarterdeck.Packs.Notifications;
using Quarterdeck.Respond;
using Quarterdeck.Respond.Runs.Reading;
using Quarterdeck.Server.Api;
using Quarterdeck.Server.Api.Alertmanager;
using Quarterdeck.Server.Api.Http;
using Quarterdeck.Server.Api.Prometheus;
using Quarterdeck.Server.Api.Shapes;
using Quarterdeck.Server.Api.Streaming;
using Quarterdeck.Server.Identity;
using Quarterdeck.Server.Identity.Oidc;
using Quarterdeck.Server.Witnessing;
using Quarterdeck.Store;
using Quarterdeck.Store.Audit;

namespace Quarterdeck.Server.Hosting;

/// <summary>Puts the rooms together into one web application.</summary>
internal static partial class Composition
{
    /// <summary>Whose schema, in order of dependence.</summary>
    public static readonly IReadOnlyList<Assembly> Schemas =
        [typeof(OperationsStore).Assembly, typeof(WatchedPacks).Assembly, typeof(Refusal).Assembly, typeof(Composition).Assembly];

    /// <summary>Migrates the database and builds the application, not yet started.</summary>
    /// <param name="trustSeals">False where somebody on this machine is about to vouch for the operators anew.</param>
    public static async Task<WebApplication> Build(ServerSettings settings, Func<string, string?> variable, bool trustSeals = true)
    {
        var loaded = await LoadedPacks.Load(settings.Packs, settings.Environment, variable, CancellationToken.None);
        Directory.CreateDirectory(settings.State);
        await Migrator.Migrate(settings.DatabaseOwner, Schemas);
        await EventTables.Create(AsOwner(settings.DatabaseOwner), loaded.Packs, CancellationToken.None);
        var tokens = settings.Tokens is { } file ? await Tokens(file, variable) : MachineTokens.None;

        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
            WebRootPath = WebRoot(),
            EnvironmentName = Environments.Production,
        });
        builder.WebHost.UseKestrelHttpsConfiguration().UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
        });
        builder.Configuration["AllowedHosts"] = string.Join(';', Hosts(settings));
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // A probe a second would be most of the log.
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        Register(builder.Services, settings, loaded);
        builder.Services.AddSingleton(tokens);
        if (settings.Provider is { } provider)
        {
            builder.Services.AddSingleton(services => new OidcProvider(
                provider, new HttpClient(OutboundGuard.Handler(OutboundPolicy.Probes)) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1 << 20 },
                variable, services.GetRequiredService<TimeProvider>()));
        }


        var app = builder.Build();
        foreach (var finding in loaded.Refused) Refused(app.Logger, finding.ToString());
        if (trustSeals) await Seed(app, loaded);
        await tokens.Record(app.Services.GetRequiredService<OperationsStore>(), CancellationToken.None);
        Route(app);
        return app;
    }

    // Whoever logs in for migrations, tables belong to the owner's role, whose default privileges let the others use them.
    internal static string AsOwner(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        settings.Options = $"{settings.Options} -c role={Migrator.OwnerRole}".Trim();
        return settings.ConnectionString;
    }

    private static void Register(IServiceCollection services, ServerSettings settings, LoadedPacks loaded)
    {
        services.AddSingleton(TimeProvider.System).AddSingleton(settings).AddSingleton(loaded);
        services.AddSingleton(OperationsStore.Open(settings.Database, TimeProvider.System));
        services.AddIdentity(Identities(settings, loaded.Environment));
        services.AddSingleton(IdentitySeal.Open(settings.State));
        services.AddSingleton(AuditSigner.Open(settings.State, $"quarterdeck/{loaded.Environment?.Name ?? settings.Environment}"))
            .AddSingleton(new AuditSequencerOptions())
            .AddSingleton<AuditLog>()
            .AddSingleton<AuditExport>().AddSingleton<AuditExcerpt>().AddSingleton<AuditTiles>()
            .AddSingleton(provider => new WitnessFeed(
                provider.GetRequiredService<OperationsStore>(), settings.Witnesses,
                new HttpClient(OutboundGuard.Handler(OutboundPolicy.Probes)) { Timeout = TimeSpan.FromSeconds(10) },
                provider.GetRequiredService<ILogger<WitnessFeed>>()))
            .AddHostedService(provider => provider.GetRequiredService<WitnessFeed>())
            .AddSingleton<AuditSequencer>().AddHostedService(provider => provider.GetRequiredService<AuditSequencer>());
        services.AddSingleton(new NotifyingOptions
        {
            PlanFile = settings.Notifications,
            PublicUrl = settings.PublicUrl,
            AllowedHosts = settings.NotificationHosts,
            AllowPrivate = loaded.Environment?.Kind is EnvironmentKind.Devnet or EnvironmentKind.Fork,
        });
        services.AddSingleton(new HeartbeatOptions
        {
            Url = settings.Heartbeat is not { } beat ? null
                : SecretReference.Parse(beat) is { } secret ? ConfiguredText.Secret(secret) : ConfiguredText.Plain(beat),
        });
        services.AddSingleton(new WatchedPacks(loaded.Packs)).AddObserve();
        services.AddSingleton(loaded.Packs);
        services.AddSingleton<SeriesOfPack>(provider => provider.GetRequiredService<LiveSeriesOfPacks>().Of);
        services.AddRespond(respond =>
        {
            respond.Approvals.RelyingPartyId = settings.PublicUrl.Host;
            respond.Approvals.Origins = [settings.PublicUrl.GetLeftPart(UriPartial.Authority)];
        });
        services.AddSingleton<RunShaping>();
        services.AddSingleton<RehearsalFolder>().AddHostedService(provider => provider.GetRequiredService<RehearsalFolder>());
        services.AddSingleton<ChangeFeed>().AddHostedService(provider => provider.GetRequiredService<ChangeFeed>());
        services.AddContract();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        });
    }

    private static void Route(WebApplication app)
    {
        app.UseFailureAnswers();
        app.UseHostFiltering();
        app.UseSecurityHeaders();
        app.UseConsoleFiles();
        app.UseRouting();
        app.UseGate();
        app.UseRateLimiter();
        app.MapAuth();
        app.MapOidc();
        app.MapIdentity();
        app.MapOperators();
        app.MapHealth();
        app.MapWatch();
        app.MapIndexing();
        app.MapIncidents();
        app.MapRunbooks();
        app.MapDashboards();
        app.MapNotifications();
        app.MapRuns();
        app.MapRehearsals();
        app.MapPlans();
        app.MapStanding();
        app.MapPrometheus();
        app.MapAlertmanager();
        app.MapAudit();
        app.MapStream();
        app.MapOpenApi("/openapi/{documentName}.json").Open();
        app.MapConsole();
    }

    private static IdentityOptions Identities(ServerSettings settings, PackEnvironment? environment) => new()
    {
        Environment = environment?.Name ?? settings.Environment,
        EnvironmentKind = (environment?.Kind ?? EnvironmentKind.Production).ToString().ToLowerInvariant(),
        ChainNumber = environment?.Chains.Values.Select(c => (long?)c.Id.EvmNumber).FirstOrDefault() ?? 1,
        RelyingPartyId = settings.PublicUrl.Host,
        Origins = [settings.PublicUrl.GetLeftPart(UriPartial.Authority)],
        OidcIssuer = settings.Provider?.Issuer,
        OidcLabel = settings.Provider?.Label,
        OidcCallback = new Uri(settings.PublicUrl, OidcEndpoints.CallbackPath),
    };

    private static async Task<MachineTokens> Tokens(string file, Func<string, string?> variable)
    {
        try
        {
            return await MachineTokens.Load(file, variable, TimeProvider.System, CancellationToken.None);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException([$"QUARTERDECK_TOKENS: {e.Message}"]);
        }
    }

    // Operators in a file are for environments without value; the loader refuses them elsewhere, and so does this.
    private static async Task Seed(WebApplication app, LoadedPacks loaded)
    {
        if (await app.Services.GetRequiredService<SealAdoption>().AtStart(CancellationToken.None) is { } fault) throw new StartRefusedException([fault]);
        var people = loaded.Packs.Select(p => p.Environment)
            .Where(e => e.Kind is EnvironmentKind.Devnet or EnvironmentKind.Fork).SelectMany(e => e.Operators).DistinctBy(o => o.Name)
            .Select(o => new SeededOperator(o.Name, o.Roles, o.Wallet));
        await app.Services.GetRequiredService<Operators>().Seed([.. people], CancellationToken.None);
    }

    // The names a request may call this server by: a page elsewhere that resolves its own name to this address is refused.
    private static IEnumerable<string> Hosts(ServerSettings settings) =>
        new[] { "localhost", "127.0.0.1", "[::1]", settings.PublicUrl.Host }.Concat(
            settings.Urls.Split(';').Select(u => Uri.TryCreate(u, UriKind.Absolute, out var uri) ? uri.Host : ""))
        .Where(h => h.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase);

    // Published beside the assembly; in a working copy, in the project's folder.
    private static string WebRoot()
    {
        var published = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (File.Exists(Path.Combine(published, "index.html"))) return published;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var source = Path.Combine(folder.FullName, "src", "Quarterdeck.Server", "wwwroot");
            if (Directory.Exists(source)) return source;
        }

        Directory.CreateDirectory(published);
        return published;
    }

    [LoggerMessage(1, LogLevel.Error, "Not loaded: {Finding}")]
    private static partial void Refused(ILogger logger, string finding);
}
