using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quarterdeck.Server.Tests.Api;

public sealed class ContractTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    /// <summary>The console's types are generated from the committed document, so it must be the one that is served.</summary>
    [Fact]
    public async Task The_committed_OpenAPI_document_is_the_one_that_is_served()
    {
        using var client = server.Stranger();
        var served = Pretty(await client.GetStringAsync("/openapi/v1.json"));
        var path = Committed();
        if (Environment.GetEnvironmentVariable("QUARTERDECK_WRITE_CONTRACT") == "true") await File.WriteAllTextAsync(path, served);

        Assert.True(
            await File.ReadAllTextAsync(path) == served,
            "console/openapi.json is old. Run this test with QUARTERDECK_WRITE_CONTRACT=true, then: npm --prefix console run types");
    }

    [Fact]
    public async Task Every_answer_of_the_api_has_a_schema()
    {
        using var client = server.Stranger();
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json"));
        var bare = from path in document.RootElement.GetProperty("paths").EnumerateObject()
                   where path.Name.StartsWith("/api", StringComparison.Ordinal)
                   from operation in path.Value.EnumerateObject()
                   where operation.Value.GetProperty("responses").TryGetProperty("200", out var answer) && !answer.TryGetProperty("content", out _)
                   select $"{operation.Name} {path.Name}";

        Assert.Empty(bare);
    }

    private static string Pretty(string json) =>
        JsonNode.Parse(json)!.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })
            .ReplaceLineEndings("\n") + "\n";

    private static string Committed()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Quarterdeck.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "console", "openapi.json");
    }
}
