using System.Net;

namespace Quarterdeck.Cli.Api;

/// <summary>The server refused; its own words and remedy.</summary>
public sealed class ApiException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
