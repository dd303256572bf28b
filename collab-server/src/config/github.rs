//! Signing in with GitHub.

use clap::Args;

/// Signing in with GitHub: on when both id and secret are given.
#[derive(Debug, Clone, Args)]
pub struct GitHubConfig {
    /// Client id of an OAuth app at GitHub whose callback is `{public URL}/api/auth/github/callback`.
    #[arg(long, env = "OPENFLOW_GITHUB_CLIENT_ID")]
    pub github_client_id: Option<String>,

    /// Its client secret.
    #[arg(long, env = "OPENFLOW_GITHUB_CLIENT_SECRET", hide_env_values = true)]
    pub github_client_secret: Option<String>,

    /// Where people sign in. Another one for GitHub Enterprise.
    #[arg(long, env = "OPENFLOW_GITHUB_URL", default_value = GITHUB_URL)]
    pub github_url: String,

    /// Where the API answers. For GitHub Enterprise `https://HOST/api/v3`.
    #[arg(long, env = "OPENFLOW_GITHUB_API_URL", default_value = GITHUB_API_URL)]
    pub github_api_url: String,
}

const GITHUB_URL: &str = "https://github.com";
const GITHUB_API_URL: &str = "https://api.github.com";

impl Default for GitHubConfig {
    fn default() -> Self {
        Self {
            github_client_id: None,
            github_client_secret: None,
            github_url: GITHUB_URL.into(),
            github_api_url: GITHUB_API_URL.into(),
        }
    }
}
