-- What every connector needs. Columns of source tables arrive as text, whatever the loader wrote.

-- a moment: seconds (or milliseconds) since 1970, or text with or without an offset (then UTC)
create macro as_time(value) as
    case
        when regexp_full_match(cast(value as varchar), '[0-9]{9,11}([.][0-9]+)?')
            then make_timestamp(cast(cast(value as double) * 1000000 as bigint))
        when regexp_full_match(cast(value as varchar), '[0-9]{12,14}')
            then make_timestamp(cast(value as bigint) * 1000)
        else try_cast(try_cast(value as timestamptz) as timestamp)
    end;

create macro as_yes(value) as
    lower(cast(value as varchar)) in ('true', 't', '1', 'yes');

-- a variable, as a macro that reads a table could take a column of its caller for one of its own
set variable decimals = (select map(list(currency), list(decimals)) from currency_decimals);

-- how many digits of an amount in minor units stand after the point
create macro decimals_of(code) as
    coalesce(map_extract_value(getvariable('decimals'), upper(code)), 2);

-- an amount in minor units (cents) as money; of some currencies the minor unit is the whole one, or a thousandth
create macro as_money(minor_units, code) as
    try_cast(minor_units as decimal(30, 6))
    * cast(case decimals_of(code) when 0 then 1 when 3 then 0.001 else 0.01 end as decimal(4, 3));

create macro reporting_currency() as
    getvariable('reporting_currency');

-- a number, also with commas between its thousands where a point or a second comma shows that they are such; null = none
create macro as_number(value) as
    try_cast(
        case
            when regexp_full_match(value, '[+-]?[0-9]{1,3}((,[0-9]{3})+[.][0-9]*|(,[0-9]{3}){2,})') then replace(value, ',', '')
            else value
        end as decimal(30, 6)
    );

-- the months from a day to another that is no part of them, where they are whole ones; else null
create macro whole_months(first_day, until) as
    case when first_day + to_months(datediff('month', first_day, until)) = until then datediff('month', first_day, until) end;

-- the first day of a month, written as one or as a day in it: 2024-01, 01/2024, Jan 2024, January 2024, Jan-24, 2024-01-31
create macro as_month(value) as
    cast(date_trunc('month', coalesce(
        try_strptime(value, ['%Y-%m', '%Y/%m', '%m/%Y', '%b %y', '%b-%y', '%b %Y', '%b-%Y', '%B %Y']), as_time(value)
    )) as date);
