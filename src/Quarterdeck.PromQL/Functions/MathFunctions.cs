namespace Quarterdeck.PromQL;

/// <summary>Functions of one sample.</summary>
internal static class MathFunctions
{
    public static Func<double, double>? Find(string name) => name switch
    {
        "abs" => Math.Abs,
        "acos" => Math.Acos,
        "acosh" => Math.Acosh,
        "asin" => Math.Asin,
        "asinh" => Math.Asinh,
        "atan" => Math.Atan,
        "atanh" => Math.Atanh,
        "ceil" => Math.Ceiling,
        "cos" => Math.Cos,
        "cosh" => Math.Cosh,
        "deg" => static v => v * 180 / Math.PI,
        "exp" => Math.Exp,
        "floor" => Math.Floor,
        "ln" => Math.Log,
        "log10" => Math.Log10,
        "log2" => Math.Log2,
        "rad" => static v => v * Math.PI / 180,
        "sgn" => static v => v < 0 ? -1 : v > 0 ? 1 : v,
        "sin" => Math.Sin,
        "sinh" => Math.Sinh,
        "sqrt" => Math.Sqrt,
        "tan" => Math.Tan,
        "tanh" => Math.Tanh,
        "days_in_month" => static v => Calendar.Of(v, static date => date.DaysInMonth),
        "day_of_month" => static v => Calendar.Of(v, static date => date.Day),
        "day_of_week" => static v => Calendar.Of(v, static date => date.DayOfWeek),
        "day_of_year" => static v => Calendar.Of(v, static date => date.DayOfYear),
        "hour" => static v => Calendar.Of(v, static date => date.SecondOfDay / 3600),
        "minute" => static v => Calendar.Of(v, static date => date.SecondOfDay / 60 % 60),
        "month" => static v => Calendar.Of(v, static date => date.Month),
        "year" => static v => Calendar.Of(v, static date => date.Year),
        _ => null,
    };

    /// <summary>To the nearest multiple, halves up.</summary>
    public static double Round(double value, double nearest)
    {
        // Multiplying by the inverse keeps 0.1 and the like exact where dividing would not.
        var inverse = 1 / nearest;
        return Math.Floor(value * inverse + 0.5) / inverse;
    }
}

/// <summary>A UTC date of the proleptic Gregorian calendar for any Unix time, also beyond year 9999.</summary>
internal readonly record struct Calendar(long Year, int Month, int Day, int DayOfYear, int DayOfWeek, int DaysInMonth, long SecondOfDay)
{
    public static double Of(double seconds, Func<Calendar, double> part) =>
        double.IsNaN(seconds) || Math.Abs(seconds) > 1e17 ? double.NaN : part(FromUnix((long)seconds));

    private static Calendar FromUnix(long seconds)
    {
        var days = Math.DivRem(seconds, 86_400, out var second);
        if (second < 0)
        {
            days--;
            second += 86_400;
        }

        // Howard Hinnant, chrono-compatible low-level date algorithms, civil_from_days.
        var shifted = days + 719_468;
        var era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
        var dayOfEra = shifted - era * 146_097;
        var yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        var dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        var monthFromMarch = (5 * dayFromMarch + 2) / 153;
        var day = (int)(dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1);
        var month = (int)(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
        var year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        var leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        var inMonth = month == 2 ? (leap ? 29 : 28) : month is 4 or 6 or 9 or 11 ? 30 : 31;
        var dayOfYear = (int)(month > 2 ? dayFromMarch + 60 + (leap ? 1 : 0) : dayFromMarch - 305);
        return new Calendar(year, month, day, dayOfYear, (int)((days % 7 + 11) % 7), inMonth, second);
    }
}
