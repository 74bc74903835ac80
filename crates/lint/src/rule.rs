use diagnostic::Severity;

/// What is known of a rule besides its code.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable kebab-case name; reads as "allow NAME".
    pub code: &'static str,
    /// How much its findings matter.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub summary: &'static str,
    /// The page `docs/rules/CODE.md`.
    pub page: &'static str,
}

/// Every rule, sorted by code.
pub const RULES: &[Rule] = &[];

/// The rule with this code.
pub fn explain(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code)
}
