//! XChaCha20-Poly1305 around one secret, bound to the row it belongs to.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use shared::id::KeyId;
use zeroize::Zeroizing;

use super::MasterKey;
use crate::db::provider_key::KeyOwner;

const NONCE_LEN: usize = 24;

/// What a secret belongs to. All of it is authenticated: whoever can write the table can still not copy a sealed secret
/// into a workspace or an account of theirs, nor send it to a server of theirs by changing the address beside it.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    pub key: KeyId,
    pub owner: KeyOwner,
    pub provider: &'a str,
    pub base_url: Option<&'a str>,
}

/// Says nothing more on purpose: a wrong master key and a changed row look the same.
#[derive(Debug, thiserror::Error)]
#[error("a stored key could not be opened: the master key is another one, or the row was changed")]
pub struct SealError;

impl Binding<'_> {
    fn bytes(&self) -> Vec<u8> {
        let base_url = self.base_url.unwrap_or_default();
        // Lengths before texts, so that no two bindings have the same bytes.
        let mut bytes = match self.owner {
            KeyOwner::Workspace(_) => b"openflow provider key 1".to_vec(),
            KeyOwner::Person(_) => b"openflow person's key 1".to_vec(),
        };
        for part in [
            self.key.as_uuid().as_bytes().as_slice(),
            self.owner.as_uuid().as_bytes(),
            self.provider.as_bytes(),
            base_url.as_bytes(),
        ] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

impl MasterKey {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.bytes().into())
    }

    /// Nonce and ciphertext.
    pub fn seal(&self, secret: &str, binding: Binding<'_>) -> Vec<u8> {
        // 192 random bits never repeat, which is what the X in the name is for.
        let nonce: [u8; NONCE_LEN] = rand::random();
        let payload = Payload { msg: secret.as_bytes(), aad: &binding.bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("a secret is shorter than 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, sealed: &[u8], binding: Binding<'_>) -> Result<Zeroizing<String>, SealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let payload = Payload { msg: sealed, aad: &binding.bytes() };
        let secret = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError)?;
        String::from_utf8(secret).map(Zeroizing::new).map_err(|_| SealError)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::config::DataConfig;

    fn master() -> MasterKey {
        let mut config = DataConfig::in_folder("unused");
        config.master_key = Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into());
        MasterKey::load(&config).unwrap()
    }

    fn binding() -> Binding<'static> {
        Binding {
            key: Uuid::from_u128(1).into(),
            owner: KeyOwner::Workspace(Uuid::from_u128(2).into()),
            provider: "openai",
            base_url: None,
        }
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed() {
        let sealed = master().seal("sk-secret", binding());
        assert!(!sealed.windows(9).any(|bytes| bytes == b"sk-secret"));
        assert_eq!(master().open(&sealed, binding()).unwrap().as_str(), "sk-secret");
        assert_ne!(sealed, master().seal("sk-secret", binding()), "two seals of one secret must not look alike");
    }

    #[test]
    fn a_secret_opens_nowhere_else() {
        let sealed = master().seal("sk-secret", binding());
        for moved in [
            Binding { key: Uuid::from_u128(9).into(), ..binding() },
            Binding { owner: KeyOwner::Workspace(Uuid::from_u128(9).into()), ..binding() },
            Binding { owner: KeyOwner::Person(Uuid::from_u128(2).into()), ..binding() },
            Binding { provider: "other", ..binding() },
            Binding { base_url: Some("https://evil.example"), ..binding() },
        ] {
            assert!(master().open(&sealed, moved).is_err(), "{moved:?}");
        }
    }

    #[test]
    fn a_changed_byte_is_noticed_wherever_it_is() {
        let sealed = master().seal("sk-secret", binding());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(master().open(&changed, binding()).is_err(), "byte {at}");
        }
        assert!(master().open(&sealed[..10], binding()).is_err());
    }
}
