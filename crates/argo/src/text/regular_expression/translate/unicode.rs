//! Unicode classes by name: `\p{Greek}`, `\pL`, `\p{Uppercase_Letter}`.
//!
//! Go ignores case, `_`, `-` and blanks in a name, and then looks it up (`unicodeTable` in `regexp/syntax/parse.go` of
//! Go 1.26, with which Argo Workflows 4.1.2 is built). That look-up cannot find scripts of several words, nor
//! properties such as `Alphabetic`.

/// General categories, except `LC` (`unicode.Categories`).
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn",
    "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm",
    "So", "Z", "Zl", "Zp", "Zs",
];

/// Other names of categories (`unicode.CategoryAliases`).
const ALIASES: &[(&str, &str)] = &[
    ("Casedletter", "LC"),
    ("Closepunctuation", "Pe"),
    ("Cntrl", "Cc"),
    ("Combiningmark", "M"),
    ("Connectorpunctuation", "Pc"),
    ("Control", "Cc"),
    ("Currencysymbol", "Sc"),
    ("Dashpunctuation", "Pd"),
    ("Decimalnumber", "Nd"),
    ("Digit", "Nd"),
    ("Enclosingmark", "Me"),
    ("Finalpunctuation", "Pf"),
    ("Format", "Cf"),
    ("Initialpunctuation", "Pi"),
    ("Letter", "L"),
    ("Letternumber", "Nl"),
    ("Lineseparator", "Zl"),
    ("Lowercaseletter", "Ll"),
    ("Mark", "M"),
    ("Mathsymbol", "Sm"),
    ("Modifierletter", "Lm"),
    ("Modifiersymbol", "Sk"),
    ("Nonspacingmark", "Mn"),
    ("Number", "N"),
    ("Openpunctuation", "Ps"),
    ("Other", "C"),
    ("Otherletter", "Lo"),
    ("Othernumber", "No"),
    ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"),
    ("Paragraphseparator", "Zp"),
    ("Privateuse", "Co"),
    ("Punct", "P"),
    ("Punctuation", "P"),
    ("Separator", "Z"),
    ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"),
    ("Surrogate", "Cs"),
    ("Symbol", "S"),
    ("Titlecaseletter", "Lt"),
    ("Unassigned", "Cn"),
    ("Uppercaseletter", "Lu"),
];

/// Scripts with a name of one word (`unicode.Scripts`).
const SCRIPTS: &[&str] = &[
    "Adlam",
    "Ahom",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Carian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Medefaidrin",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "Newa",
    "Nko",
    "Nushu",
    "Ogham",
    "Oriya",
    "Osage",
    "Osmanya",
    "Palmyrene",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sogdian",
    "Soyombo",
    "Sundanese",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
];

/// The library's class for a name; `None` if Go does not know the name.
pub(super) fn class(negative: bool, name: &str) -> Option<String> {
    let canonical = canonical(name);
    let name = canonical.as_str();
    let letter = if negative { 'P' } else { 'p' };
    let category = |category: &str| match (category, negative) {
        // Rust texts contain no surrogates, and the library does not know the name.
        ("Cs", false) => "[^\\x00-\\x{10FFFF}]".to_owned(),
        ("Cs", true) => "[\\x00-\\x{10FFFF}]".to_owned(),
        _ => format!("[\\{letter}{{gc={category}}}]"),
    };
    match name {
        "Any" | "Ascii" => return Some(format!("[\\{letter}{{{name}}}]")),
        "Assigned" => {
            let other = if negative { 'p' } else { 'P' };
            return Some(format!("[\\{other}{{gc=Cn}}]"));
        }
        "Lc" => return Some(category("LC")),
        _ => {}
    }
    if CATEGORIES.contains(&name) {
        return Some(category(name));
    }
    if SCRIPTS.contains(&name) {
        return Some(format!("[\\{letter}{{sc={name}}}]"));
    }
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    alias.map(|(_, known)| category(known))
}

/// A name with a capital and small letters.
fn canonical(name: &str) -> String {
    let letters = name
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-' | ' '));
    letters
        .enumerate()
        .map(|(index, letter)| match index {
            0 => letter.to_ascii_uppercase(),
            _ => letter.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_at_hand_knows_every_name() {
        let aliases = ALIASES.iter().map(|(alias, _)| alias);
        let names = CATEGORIES.iter().chain(SCRIPTS).chain(aliases);
        for name in names.chain(&["Any", "Assigned", "ASCII", "LC"]) {
            for negative in [false, true] {
                let class = class(negative, name).unwrap();
                assert!(regex::Regex::new(&class).is_ok(), "{class}");
            }
        }
    }
}
