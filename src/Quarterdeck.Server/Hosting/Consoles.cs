using Quarterdeck.Server.Api.Http;

namespace Quarterdeck.Server.Hosting;

/// <summary>Serves the built console: hashed assets forever, the page itself always fresh.</summary>
internal static class Consoles
{
    public static void UseConsoleFiles(this WebApplication app) => app.UseStaticFiles(new StaticFileOptions
    {
        OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
            file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache",
    });

    /// <summary>Every address that is neither API nor file is the console's to route.</summary>
    public static void MapConsole(this WebApplication app)
    {
        app.MapFallback("/api/{**rest}", (HttpContext context) => Problem.NotFound("endpoint", context.Request.Path).Answer()).Open();
        app.MapFallback(async (HttpContext context, IWebHostEnvironment host) =>
        {
            var page = host.WebRootFileProvider.GetFileInfo("index.html");
            if (!page.Exists)
            {
                return Results.Text(
                    "Quarterdeck's API runs; its console is not built. Run: npm --prefix console ci && npm --prefix console run build\n");
            }

            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            await context.Response.SendFileAsync(page, context.RequestAborted);
            return Results.Empty;
        }).Open();
    }
}
