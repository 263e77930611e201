//! Who acts: an account through its login, a device through its token, a guest through its visit, or the server itself; and what it may do where.

use crate::ports::record::Enrolment;
use lianxian_model::ids::{AccountId, EndpointId, LoginId, PersonId, RequestId, SiteId, UnitId, VisitId};
use lianxian_model::org::EndpointKind;
use lianxian_model::roles::{Right, Role, RoleGrant};
use std::collections::{BTreeSet, HashMap};

#[derive(Clone, Debug, PartialEq)]
pub enum Actor {
    Account(Box<AccountActor>),
    Device(Box<DeviceActor>),
    /// A citizen who came by a link: may do what its own visit allows, and holds no right.
    Guest(Box<GuestActor>),
    /// The server itself: sweeps, recovery, the first start.
    System,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AccountActor {
    pub login: LoginId,
    pub account: AccountId,
    pub account_name: String,
    pub person: PersonId,
    pub person_name: String,
    /// The person's own unit; what it may see is said by the grants.
    pub unit: UnitId,
    pub unit_name: String,
    pub grants: Vec<RoleGrant>,
    pub ip: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeviceActor {
    pub endpoint: EndpointId,
    pub endpoint_name: String,
    pub kind: EndpointKind,
    pub site: SiteId,
    pub site_name: String,
    pub unit: UnitId,
    /// Of the token that it showed; none where it acts by its link.
    pub enrolment: Option<Enrolment>,
    pub ip: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GuestActor {
    pub visit: VisitId,
    pub request: RequestId,
    pub endpoint: EndpointId,
    /// As the record shows it.
    pub name: String,
    pub ip: String,
}

impl Actor {
    pub fn account(&self) -> Option<&AccountActor> {
        match self {
            Actor::Account(account) => Some(account),
            _ => None,
        }
    }

    pub fn device(&self) -> Option<&DeviceActor> {
        match self {
            Actor::Device(device) => Some(device),
            _ => None,
        }
    }

    pub fn guest(&self) -> Option<&GuestActor> {
        match self {
            Actor::Guest(guest) => Some(guest),
            _ => None,
        }
    }

    /// The endpoint that acts, of whoever acts through one.
    pub fn endpoint(&self) -> Option<&EndpointId> {
        match self {
            Actor::Device(device) => Some(&device.endpoint),
            Actor::Guest(guest) => Some(&guest.endpoint),
            Actor::Account(_) | Actor::System => None,
        }
    }

    pub fn ip(&self) -> &str {
        match self {
            Actor::Account(account) => &account.ip,
            Actor::Device(device) => &device.ip,
            Actor::Guest(guest) => &guest.ip,
            Actor::System => "",
        }
    }

    /// The name that the audit shows.
    pub fn name(&self) -> &str {
        match self {
            Actor::Account(account) => &account.person_name,
            Actor::Device(device) => &device.endpoint_name,
            Actor::Guest(guest) => &guest.name,
            Actor::System => "系统",
        }
    }

    /// The roles held, each once, in a fixed order.
    pub fn roles(&self) -> Vec<Role> {
        let held: BTreeSet<Role> =
            self.account().map(|a| a.grants.iter().map(|g| g.role).collect()).unwrap_or_default();
        held.into_iter().collect()
    }

    /// The rights held anywhere.
    pub fn rights(&self) -> Vec<Right> {
        let held: BTreeSet<Right> = self.roles().iter().flat_map(|role| role.rights().iter().copied()).collect();
        held.into_iter().collect()
    }

    pub fn holds(&self, right: Right) -> bool {
        match self {
            Actor::System => true,
            _ => self.roles().iter().any(|role| role.rights().contains(&right)),
        }
    }

    /// The units whose subtrees a right covers.
    pub(crate) fn roots(&self, right: Right) -> Vec<UnitId> {
        let Some(account) = self.account() else { return Vec::new() };
        let roots: BTreeSet<&UnitId> =
            account.grants.iter().filter(|g| g.role.rights().contains(&right)).map(|g| &g.unit_id).collect();
        roots.into_iter().cloned().collect()
    }
}

/// The units that a right covers for one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Units(BTreeSet<UnitId>),
}

impl Scope {
    pub fn covers(&self, unit: &UnitId) -> bool {
        match self {
            Scope::All => true,
            Scope::Units(units) => units.contains(unit),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Scope::Units(units) if units.is_empty())
    }

    /// The subtrees of `roots` in a tree given as (unit, parent) pairs. A cycle ends where it began.
    pub fn subtrees(roots: &[UnitId], tree: &[(UnitId, Option<UnitId>)]) -> Scope {
        let mut children: HashMap<&UnitId, Vec<&UnitId>> = HashMap::new();
        for (unit, parent) in tree {
            if let Some(parent) = parent {
                children.entry(parent).or_default().push(unit);
            }
        }
        let mut units = BTreeSet::new();
        let mut open: Vec<&UnitId> = roots.iter().collect();
        while let Some(unit) = open.pop() {
            if units.insert(unit.clone()) {
                open.extend(children.get(unit).into_iter().flatten().copied());
            }
        }
        Scope::Units(units)
    }

    /// The subtrees of `roots` and every unit above them: whose roster serves them is told to them too.
    pub fn lineages(roots: &[UnitId], tree: &[(UnitId, Option<UnitId>)]) -> Scope {
        let Scope::Units(mut units) = Scope::subtrees(roots, tree) else { return Scope::All };
        let parents: HashMap<&UnitId, &UnitId> =
            tree.iter().filter_map(|(unit, parent)| Some((unit, parent.as_ref()?))).collect();
        for root in roots {
            let mut at = root;
            while let Some(parent) = parents.get(at) {
                if !units.insert((*parent).clone()) {
                    break;
                }
                at = parent;
            }
        }
        Scope::Units(units)
    }
}
