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
