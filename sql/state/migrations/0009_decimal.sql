-- The arithmetic of ERPs that count in decimals of 28 significant digits, half to even (Python's): a price that is
-- computed here must be theirs to the last digit, or a half would be rounded the other way.

CREATE FUNCTION ferry.half_even(value numeric, places integer) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    cut numeric := trunc(value, places);
BEGIN
    IF cut = value THEN RETURN cut; END IF;
    IF abs(value - cut) * 2 = ('1e' || -places)::numeric AND (cut * ('1e' || places)::numeric) % 2 = 0 THEN
        RETURN cut;
    END IF;
    RETURN round(value, places);
END $$;

CREATE FUNCTION ferry.significant(value numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    places integer;
BEGIN
    IF abs(value) >= 1 THEN
        places := 28 - length(trunc(abs(value))::text);
    ELSE
        places := 28 + length(substring(abs(value)::text FROM '^0\.(0*)'));
    END IF;
    IF scale(value) <= places THEN RETURN value; END IF;
    RETURN ferry.half_even(value, places);
END $$;

-- Enough digits that the last of the 28 is right: a quotient of such numbers is never that close to a half.
CREATE FUNCTION ferry.divided(value numeric, by numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ferry.significant(trim_scale(round(value, 80) / by))
$$;

-- Ends the statement with a message for a person: in an expression that must have a value.
CREATE FUNCTION ferry.refuse(message text) RETURNS numeric
LANGUAGE plpgsql STRICT AS $$
BEGIN
    RAISE EXCEPTION '%', message;
END $$;

-- One step of a formula: + - * /, or with the number on the left `from` (by - value) and `over` (by / value). NULL:
-- division by zero.
CREATE FUNCTION ferry.stepped(value numeric, operator text, by numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE operator WHEN '*' THEN ferry.significant(value * by) WHEN '/' THEN ferry.divided(value, nullif(by, 0))
        WHEN '+' THEN ferry.significant(value + by) WHEN '-' THEN ferry.significant(value - by)
        WHEN 'from' THEN ferry.significant(by - value) WHEN 'over' THEN ferry.divided(by, nullif(value, 0)) END
$$;

-- What the steps of a formula make of a value.
CREATE FUNCTION ferry.worked_out(value numeric, steps jsonb) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    step jsonb;
BEGIN
    FOR step IN SELECT s FROM jsonb_array_elements(steps) s LOOP
        value := ferry.stepped(value, step->>0, (step->>1)::numeric);
    END LOOP;
    RETURN value;
END $$;

-- The number that the steps multiply by, where they do nothing else and it has at most 6 digits after the point.
CREATE FUNCTION ferry.factor_of(steps jsonb) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    step jsonb;
    factor numeric := 1;
    divisor numeric := 1;
    quotient numeric;
BEGIN
    FOR step IN SELECT s FROM jsonb_array_elements(steps) s LOOP
        CASE step->>0
        WHEN '*' THEN factor := factor * (step->>1)::numeric;
        WHEN '/' THEN divisor := divisor * (step->>1)::numeric;
        ELSE RETURN NULL;
        END CASE;
    END LOOP;
    quotient := trim_scale(round(round(factor, 40) / divisor, 6));
    RETURN CASE WHEN quotient * divisor = factor THEN quotient END;
END $$;

-- A formula of numbers, at most one name, + - * / and brackets, as what is done to the name's value step by step, in the
-- order in which Python does it: {"of": name or null, "value": the number where there is no name, "steps": [[operator,
-- number], ...]}. NULL: anything else, which only the ERP can evaluate.
CREATE FUNCTION ferry.formula(source text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    rest text;
    token text;
    operator text;
    operators text[] := '{}';
    operands jsonb[] := '{}';
    left_ jsonb;
    right_ jsonb;
    wants_operand boolean := true;
BEGIN
    IF length(source) > 1000 THEN RETURN NULL; END IF;
    rest := btrim(regexp_replace(source, 'Decimal *\( *(''|"|)([0-9.]+)\1 *\)', '(\2)', 'g'));
    LOOP
        token := CASE WHEN rest = '' THEN 'end' ELSE substring(rest FROM
            '^((?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+|unit_price|list_price|cost_price|[-+*/()])') END;
        IF token IS NULL THEN RETURN NULL; END IF;
        rest := ltrim(substr(rest, length(token) + 1), ' ');
        IF wants_operand THEN
            IF token IN ('-', '+') THEN
                operators := array_append(operators, 'unary' || token);
            ELSIF token = '(' THEN
                operators := array_append(operators, token);
            ELSIF token ~ '^[0-9.]' OR token ~ '_price$' THEN
                operands := array_append(operands, CASE WHEN token ~ '_price$'
                    THEN jsonb_build_object('of', replace(token, 'list_price', 'unit_price'), 'steps', '[]'::jsonb)
                    ELSE jsonb_build_object('value', token::numeric, 'steps', '[]'::jsonb) END);
                wants_operand := false;
            ELSE
                RETURN NULL;
            END IF;
            CONTINUE;
        END IF;
        IF token NOT IN ('+', '-', '*', '/', ')', 'end') THEN RETURN NULL; END IF;
        WHILE cardinality(operators) > 0 LOOP
            operator := operators[cardinality(operators)];
            EXIT WHEN operator = '(' OR token IN ('*', '/') AND operator IN ('+', '-');
            operators := trim_array(operators, 1);
            right_ := operands[cardinality(operands)];
            operands := trim_array(operands, 1);
            IF operator = 'unary-' THEN
                left_ := '{"value": -1, "steps": []}';
                operator := '*';
            ELSIF operator = 'unary+' THEN
                left_ := '{"value": 1, "steps": []}';
                operator := '*';
            ELSE
                left_ := operands[cardinality(operands)];
                operands := trim_array(operands, 1);
            END IF;
            left_ := ferry.formula_step(left_, operator, right_);
            IF left_ IS NULL THEN RETURN NULL; END IF;
            operands := array_append(operands, left_);
        END LOOP;
        EXIT WHEN token = 'end';
        IF token = ')' THEN
            IF cardinality(operators) = 0 THEN RETURN NULL; END IF;
            operators := trim_array(operators, 1);
        ELSE
            operators := array_append(operators, token);
            wants_operand := true;
        END IF;
    END LOOP;
    RETURN CASE WHEN cardinality(operators) = 0 THEN operands[1] END;
END $$;

-- Two parts of a formula joined by an operator; NULL: both have a name, or a division by zero.
CREATE FUNCTION ferry.formula_step(left_ jsonb, operator text, right_ jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    x numeric := (left_->>'value')::numeric;
    y numeric := (right_->>'value')::numeric;
BEGIN
    IF operator = '/' AND y = 0 OR x IS NULL AND y IS NULL THEN RETURN NULL; END IF;
    IF x IS NOT NULL AND y IS NOT NULL THEN
        RETURN jsonb_set(left_, '{value}', to_jsonb(ferry.stepped(x, operator, y)));
    END IF;
    IF y IS NOT NULL THEN
        RETURN jsonb_set(left_, '{steps}', (left_->'steps') || jsonb_build_array(jsonb_build_array(operator, y)));
    END IF;
    operator := CASE operator WHEN '-' THEN 'from' WHEN '/' THEN 'over' ELSE operator END;
    RETURN jsonb_set(right_, '{steps}', (right_->'steps') || jsonb_build_array(jsonb_build_array(operator, x)));
END $$;
