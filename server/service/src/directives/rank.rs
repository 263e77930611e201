//! Who stands above: the next rank that somebody holds over the office.

use crate::actor::AccountActor;
use crate::error::ServiceResult;
use crate::ports::store::Tx;
use lianxian_model::directive::Rank;
use lianxian_model::ids::{AccountId, UnitId};
use lianxian_model::roles::Role;
use std::collections::BTreeSet;

/// The next rank above that an account in use holds over the unit.
pub(super) async fn superior(tx: &mut Box<dyn Tx>, rank: Rank, unit: &UnitId) -> ServiceResult<Option<Rank>> {
    let path = tx.path_of(unit).await?;
    let accounts: BTreeSet<AccountId> =
        tx.accounts().await?.into_iter().filter(|account| !account.disabled).map(|account| account.id).collect();
    let over = tx.grants().await?.into_iter().filter(|g| path.contains(&g.unit_id) && accounts.contains(&g.account_id));
    let held: BTreeSet<Role> = over.map(|grant| grant.role).collect();
    let mut above = rank.above();
    while let Some(rank) = above {
        let role = if rank == Rank::Leader { Role::DutyLeader } else { Role::Commander };
        if held.contains(&role) {
            return Ok(Some(rank));
        }
        above = rank.above();
    }
    Ok(None)
}

/// The roles that the account holds over the unit.
pub(super) async fn roles_over(
    tx: &mut Box<dyn Tx>,
    account: &AccountActor,
    unit: &UnitId,
) -> ServiceResult<Vec<Role>> {
    let path = tx.path_of(unit).await?;
    Ok(account.grants.iter().filter(|grant| path.contains(&grant.unit_id)).map(|grant| grant.role).collect())
}
