using Microsoft.OpenApi;

namespace Quarterdeck.Server.Api;

/// <summary>The OpenAPI document: what the API promises, generated from the endpoints.</summary>
internal static class Contract
{
    public static IServiceCollection AddContract(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.CreateSchemaReferenceId = type =>
            Microsoft.AspNetCore.OpenApi.OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } id
                ? id.EndsWith("Shape", StringComparison.Ordinal) ? id[..^"Shape".Length] : id
                : null;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Quarterdeck",
                Version = "1",
                Description = "Errors are application/problem+json with title, detail and remedy. State changes by cookie need X-Quarterdeck-Csrf.",
            };
            // Where it runs is no part of the contract.
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
    });
}
