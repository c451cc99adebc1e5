//! List prices of X's pay-per-use plan (November 2026), in millionths of a US dollar.

use alloc::{string::ToString, vec::Vec};

use crate::bindings::types::Charge;

/// What X bills, with its list price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    PostCreate,
    PostCreateWithUrl,
    PostDelete,
    PostRead,
    UserRead,
    UserInteraction,
    DmCreate,
    DmEventRead,
    MediaMetadata,
}

impl Item {
    /// The name in a receipt, and the price of one.
    #[must_use]
    pub const fn listed(self) -> (&'static str, u64) {
        match self {
            Self::PostCreate => ("post-create", 15_000),
            Self::PostCreateWithUrl => ("post-create-with-url", 200_000),
            Self::PostDelete => ("post-delete", 10_000),
            Self::PostRead => ("post-read", 5_000),
            Self::UserRead => ("user-read", 10_000),
            Self::UserInteraction => ("user-interaction", 15_000),
            Self::DmCreate => ("dm-create", 15_000),
            Self::DmEventRead => ("dm-event-read", 10_000),
            Self::MediaMetadata => ("media-metadata", 5_000),
        }
    }
}

/// The bill of one call.
#[derive(Debug, Default)]
pub struct Bill(Vec<Charge>);

impl Bill {
    /// Adds `count` of an item; X bills what it delivered, so nothing is added for a failed call.
    pub fn add(&mut self, item: Item, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count == 0 {
            return;
        }
        let (name, price) = item.listed();
        match self.0.iter_mut().find(|charge| charge.item == name) {
            Some(charge) => {
                charge.count = charge.count.saturating_add(count);
                charge.micro_usd = price.saturating_mul(charge.count.into());
            }
            None => self.0.push(Charge { item: name.to_string(), count, micro_usd: price.saturating_mul(count.into()) }),
        }
    }

    #[must_use]
    pub fn charges(&self) -> Vec<Charge> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_one_kind_make_one_charge() {
        let mut bill = Bill::default();
        bill.add(Item::PostRead, 2);
        bill.add(Item::PostRead, 3);
        bill.add(Item::UserRead, 0);
        let charges = bill.charges();
        assert_eq!(charges.len(), 1);
        assert_eq!((charges[0].item.as_str(), charges[0].count, charges[0].micro_usd), ("post-read", 5, 25_000));
    }
}
