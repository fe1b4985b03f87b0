//! The conditions of each permit, one by one, so that a default denial can say which of them failed.
//!
//! Cedar names no policy when nothing permits. At loading, each permit is taken apart at its `&&` and each part becomes
//! a small policy of its own; when nothing permits, these are evaluated once, and what is not satisfied is what is missing.

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::{Value, json};

/// The conditions of all permits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    /// One policy for each condition and one for each scope.
    pub(crate) policies: PolicySet,
    /// The permits.
    pub(crate) permits: Vec<PermitConditions>,
}

/// The conditions of one permit.
#[derive(Clone, Debug)]
pub(crate) struct PermitConditions {
    /// The permit's id.
    pub(crate) permit: String,
    /// The policy of its scope alone.
    pub(crate) scope: PolicyId,
    /// Its conditions.
    pub(crate) conditions: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The policy of this condition alone.
    pub(crate) id: PolicyId,
    /// The condition as the pack states it.
    pub(crate) text: String,
}

impl Condition {
    /// Whether the condition speaks of a fact, such as `context.basis`.
    pub(crate) fn mentions(&self, fact: &str) -> bool {
        self.text.match_indices(fact).any(|(at, _)| {
            let after = self.text.get(at + fact.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    }
}

impl Conditions {
    /// Takes a permit apart.
    pub(super) fn add(&mut self, permit: &Policy) -> Result<(), String> {
        let form = permit.to_json().map_err(|why| why.to_string())?;
        let id = permit.id().to_string();
        let scope = PolicyId::new(format!("{id}#scope"));
        self.keep(&scope, &form, json!([]))?;
        let mut conditions = Vec::new();
        for part in parts(&form) {
            let number = conditions.len() + 1;
            let id = PolicyId::new(format!("{id}#{number}"));
            let policy = self.keep(&id, &form, json!([part]))?;
            conditions.push(Condition { id, text: condition_text(&policy) });
        }
        self.permits.push(PermitConditions { permit: id, scope, conditions });
        Ok(())
    }

    fn keep(&mut self, id: &PolicyId, form: &Value, conditions: Value) -> Result<Policy, String> {
        let mut form = form.clone();
        if let Some(form) = form.as_object_mut() {
            form.insert("conditions".to_owned(), conditions);
            form.insert("annotations".to_owned(), json!({}));
        }
        let policy = Policy::from_json(Some(id.clone()), form).map_err(|why| why.to_string())?;
        self.policies.add(policy.clone()).map_err(|why| why.to_string())?;
        Ok(policy)
    }
}

/// The `when` and `unless` clauses, the former taken apart at `&&`.
fn parts(form: &Value) -> Vec<Value> {
    let clauses = form.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut out = Vec::new();
    for clause in clauses {
        match (clause.get("kind").and_then(Value::as_str), clause.get("body")) {
            (Some("when"), Some(body)) => take_apart(body, &mut out),
            _ => out.push(clause),
        }
    }
    out
}

fn take_apart(body: &Value, out: &mut Vec<Value>) {
    let sides = body.get("&&").map(|both| (both.get("left"), both.get("right")));
    if let Some((Some(left), Some(right))) = sides {
        take_apart(left, out);
        take_apart(right, out);
    } else {
        out.push(json!({ "kind": "when", "body": body }));
    }
}

/// What stands between the braces of the only clause, on one line.
fn condition_text(policy: &Policy) -> String {
    let whole = policy.to_cedar().unwrap_or_else(|| policy.to_string());
    let unless = whole.contains("unless {");
    let inside =
        whole.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}')).map_or("", |(inside, _)| inside);
    let line = inside.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line
        .strip_prefix('(')
        .and_then(|l| l.strip_suffix(')'))
        .filter(|l| !l.contains('('))
        .unwrap_or(&line);
    if unless { format!("not ({line})") } else { line.to_owned() }
}
