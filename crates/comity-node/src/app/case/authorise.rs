//! Persons at home say yes: to a draft, in the role that they have, or to a single step that needs a second person.

use super::{
    acting::Acting,
    draft::{Checked, DraftShown, show},
    steps::kind_of,
};
use crate::app::{Action, Ctx, Fault, NodeDesk};
use comity_affairs::{
    CaseId, Thread,
    home::{Approval, Authorisation, HomeEntry, Role},
};
use comity_exchange::Scope;
use comity_record::{Canonical, Date, Hash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Authorises a draft as it stands, gives it up, or approves a step as its second person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuthoriseCase {
    /// The case.
    pub case: String,
    /// In which role; the officer's only one where absent.
    pub role: Option<String>,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
    /// A step that is approved beforehand, such as `release`.
    pub step: Option<String>,
    /// The hash of the manifest that a release is approved of.
    pub manifest: Option<String>,
    /// Why the draft is given up, in place of an authorisation.
    pub abandon: Option<String>,
}

/// What has been said at home.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Authorised {
    /// The case.
    pub case: String,
    /// Who spoke.
    pub officer: String,
    /// What was said.
    pub said: String,
    /// The draft as it stands, where there is one.
    pub draft: Option<DraftShown>,
}

impl Action for AuthoriseCase {
    const NAME: &'static str = "case.authorise";
    const SUMMARY: &'static str =
        "authorises a draft in a role, gives it up, or approves a step as second person";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Authorised;

    async fn run(self, ctx: &Ctx) -> Result<Authorised, Fault> {
        let by = ctx.by.clone();
        let authorised = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let case = desk.find_case(&self.case).await?;
                let thread = thread_of(desk, case).await?;
                acting.must_read(desk.house(), thread, &self.case, now.date())?;
                let (entry, said) = self.entry(desk, case, &acting, now.date()).await?;
                desk.home_enter(now, means.entropy(), case, by.clone(), &entry).await?;
                let home = desk.home_of(case).await?;
                let language = super::language(None)?;
                let draft =
                    home.draft.is_some().then(|| show(desk, &home, language, now.date())).transpose()?;
                Ok(Authorised { case: case.to_string(), officer: acting.officer.to_string(), said, draft })
            })
        });
        authorised.await?
    }
}

/// The thread in which a case was opened, or is being drafted.
pub async fn thread_of(desk: &NodeDesk, case: CaseId) -> Result<Thread, Fault> {
    if let Some(file) = desk.case_file(case).await?
        && let Some(first) = file.entries.first()
    {
        return Ok(first.event.thread);
    }
    let home = desk.home_of(case).await?;
    Ok(super::draft::thread_of(&home).unwrap_or(Thread::Judicial))
}

impl AuthoriseCase {
    async fn entry(
        &self,
        desk: &NodeDesk,
        case: CaseId,
        acting: &Acting,
        on: Date,
    ) -> Result<(HomeEntry, String), Fault> {
        if let Some(step) = &self.step {
            return self.approval(desk, case, step, acting).await;
        }
        let home = desk.home_of(case).await?;
        let open = home.draft.as_ref().filter(|_| !home.sent && home.abandoned.is_none());
        let draft = open.ok_or_else(|| {
            Fault::new("case/not-a-draft", "there is no draft of it that waits for anybody")
                .help("a step of a sent case is approved with --step")
        })?;
        if let Some(reason) = &self.abandon {
            return Ok((HomeEntry::Abandoned { reason: reason.clone() }, format!("given up: {reason}")));
        }
        Checked::of(desk, draft, on)?.complete()?;
        let role = self.role(desk, acting, on)?;
        let unit = match &acting.unit {
            Some(unit) => unit.clone(),
            None => draft.unit.clone(),
        };
        let officer = acting.officer.clone();
        let said = match role {
            Some(role) => format!("authorised as {role}"),
            None => "authorised".to_owned(),
        };
        Ok((HomeEntry::Authorised(Authorisation { officer, unit, role, draft: draft.hash() }), said))
    }

    /// The role in which the officer speaks. Nobody speaks in a role that the State has not given to his unit; the console
    /// has none of its own.
    fn role(&self, desk: &NodeDesk, acting: &Acting, on: Date) -> Result<Option<Role>, Fault> {
        let roles = acting.roles(desk.house(), on);
        let wanted: Option<Role> = self.role.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        match wanted {
            Some(role) if roles.contains(&role) => Ok(Some(role)),
            Some(role) => {
                let text = format!("`{}` does not authorise as {role} on {on}", acting.officer);
                Err(Fault::new("case/no-role", text)
                    .help("`comity case mandate` gives a unit its roles, with the law behind them"))
            }
            None if roles.len() > 1 => {
                let known: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
                let text = format!("`{}` has several roles", acting.officer);
                Err(Fault::new("case/no-role", text).help(format!("name one: {}", known.join(", "))))
            }
            None => Ok(roles.first().copied()),
        }
    }

    async fn approval(
        &self,
        desk: &NodeDesk,
        case: CaseId,
        step: &str,
        acting: &Acting,
    ) -> Result<(HomeEntry, String), Fault> {
        if !desk.has_case(case).await? {
            let text = "a step is approved in a case that was sent or received";
            return Err(Fault::new("case/not-sent", text));
        }
        let kind = kind_of(step)?;
        let subject = match &self.manifest {
            Some(text) => Some(Hash::from_hex(text).ok_or_else(|| {
                Fault::new("input/bad-value", "a manifest is named by 64 hexadecimal digits")
            })?),
            None => None,
        };
        let approval = Approval { officer: acting.officer.clone(), step: kind.to_string(), subject };
        Ok((HomeEntry::Approved(approval), format!("approved: {kind}")))
    }
}
