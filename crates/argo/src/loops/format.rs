//! Numbers in a format of Go's `fmt.Sprintf`.

/// The flags, width and precision between `%` and its verb.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Go's")]
struct Style {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Widest field that this module writes. Go's own limit is a million.
const WIDEST: usize = 1000;

/// A number in a format of Go, such as `host-%02d`. A format that does not fit gives Go's own text for that, such as
/// `%!s(int=3)`.
///
/// # Errors
///
/// Returns the part that no format of a number needs: `*`, `[1]`, `%q`, `%U`, or a width of thousands.
pub fn formatted(format: &str, number: i64) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = format;
    let mut is_used = false;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let (style, after) = style(format, after)?;
        let Some(verb) = after.chars().next() else {
            text.push_str("%!(NOVERB)");
            rest = "";
            break;
        };
        rest = after.get(verb.len_utf8()..).unwrap_or_default();
        match verb {
            '%' => text.push('%'),
            '*' | '[' | 'q' | 'U' => return Err(unreadable(format)),
            _ if is_used => text.push_str(&format!("%!{verb}(MISSING)")),
            _ => {
                is_used = true;
                text.push_str(&style.write(verb, number));
            }
        }
    }
    text.push_str(rest);
    if !is_used {
        text.push_str(&format!("%!(EXTRA int={number})"));
    }
    Ok(text)
}

fn unreadable(format: &str) -> String {
    format!("the format `{format}` cannot be read here: use for example `%02d`")
}

fn style<'f>(format: &str, text: &'f str) -> Result<(Style, &'f str), String> {
    let mut style = Style::default();
    let flags = text
        .find(|letter: char| !"#0+- ".contains(letter))
        .unwrap_or(text.len());
    let (flags, rest) = text.split_at(flags);
    for flag in flags.chars() {
        match flag {
            '#' => style.sharp = true,
            '0' => style.zero = true,
            '+' => style.plus = true,
            '-' => style.minus = true,
            _ => style.space = true,
        }
    }
    let (width, mut rest) = number(format, rest)?;
    style.width = width;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(format, after)?;
        style.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    Ok((style, rest))
}

fn number<'f>(format: &str, text: &'f str) -> Result<(Option<usize>, &'f str), String> {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse() {
        Ok(number) if number <= WIDEST => Ok((Some(number), rest)),
        _ => Err(unreadable(format)),
    }
}

impl Style {
    fn write(&self, verb: char, number: i64) -> String {
        let size = number.unsigned_abs();
        let digits = match verb {
            'd' | 'v' => size.to_string(),
            'b' => format!("{size:b}"),
            'o' | 'O' => format!("{size:o}"),
            'x' => format!("{size:x}"),
            'X' => format!("{size:X}"),
            'c' => {
                let letter = u32::try_from(number).ok().and_then(char::from_u32);
                return self.padded(
                    &letter.unwrap_or('\u{fffd}').to_string(),
                    self.pads_with_zero(),
                );
            }
            'T' => return self.padded("int", self.pads_with_zero()),
            _ => return format!("%!{verb}(int={})", self.write('d', number)),
        };
        self.whole(verb, number, &digits)
    }

    /// A whole number with its sign, base and zeros (`fmtInteger`).
    fn whole(&self, verb: char, number: i64, digits: &str) -> String {
        if self.precision == Some(0) && number == 0 {
            return self.padded("", false);
        }
        let has_sign = number < 0 || self.plus || self.space;
        let least = match (self.precision, self.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.pads_with_zero() => {
                width - usize::from(has_sign && width > 0)
            }
            _ => 0,
        };
        let zeros = "0".repeat(least.saturating_sub(digits.len()));
        let mut text = format!("{zeros}{digits}");
        if self.sharp {
            match verb {
                'b' => text.insert_str(0, "0b"),
                'o' if !text.starts_with('0') => text.insert(0, '0'),
                'x' => text.insert_str(0, "0x"),
                'X' => text.insert_str(0, "0X"),
                _ => {}
            }
        }
        if verb == 'O' {
            text.insert_str(0, "0o");
        }
        let sign = match number {
            ..0 => "-",
            _ if self.plus => "+",
            _ if self.space => " ",
            _ => "",
        };
        text.insert_str(0, sign);
        self.padded(&text, false)
    }

    fn pads_with_zero(&self) -> bool {
        self.zero && !self.minus
    }

    fn padded(&self, text: &str, with_zero: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        let padding = if with_zero { "0" } else { " " }.repeat(missing);
        if self.minus {
            format!("{text}{padding}")
        } else {
            format!("{padding}{text}")
        }
    }
}
