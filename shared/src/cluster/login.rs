//! Who we are to the server, and how that is renewed when the server no longer accepts it.

use std::sync::{Arc, Mutex, PoisonError};

use kube::Config;
use kube::config::ExecConfig;

use super::transport::Transport;
use super::{ClusterError, credential};

/// A way to the server with credentials that may run out while we wait for something.
pub(super) struct Login {
    transport: Mutex<Arc<Transport>>,
    /// Held while the credentials are renewed, so that of many refused requests only one does it.
    renewal: tokio::sync::Mutex<()>,
    config: Config,
    plugin: Option<ExecConfig>,
}

impl Login {
    /// Runs the credential plugin, if there is one.
    pub async fn new(config: Config, plugin: Option<ExecConfig>) -> Result<Self, ClusterError> {
        let transport = Transport::new(&with_credential(&config, plugin.as_ref()).await?)?;
        let transport = Mutex::new(Arc::new(transport));
        Ok(Self { transport, renewal: tokio::sync::Mutex::default(), config, plugin })
    }

    /// The way to the server as it is now.
    pub fn transport(&self) -> Arc<Transport> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs the credential plugin, or reads the token's file, once more. False when there is nothing
    /// that could give other credentials than those that were refused.
    pub async fn renew(&self, refused: &Arc<Transport>) -> Result<bool, ClusterError> {
        if self.plugin.is_none() && self.config.auth_info.token_file.is_none() {
            return Ok(false);
        }
        let _only_one = self.renewal.lock().await;
        if Arc::ptr_eq(refused, &self.transport()) {
            let config = with_credential(&self.config, self.plugin.as_ref()).await?;
            let renewed = Arc::new(refused.renewed(&config)?);
            *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        }
        Ok(true)
    }
}

async fn with_credential(config: &Config, plugin: Option<&ExecConfig>) -> Result<Config, ClusterError> {
    let mut config = config.clone();
    if let Some(plugin) = plugin {
        credential::obtain(plugin, &mut config.auth_info).await?;
    }
    Ok(config)
}
