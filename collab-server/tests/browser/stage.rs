//! What a story needs, and what is kept of it when it fails.

use std::{future::Future, panic::resume_unwind, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::{Mutex, MutexGuard};

use crate::{browser::ChromeDriver, person::Person, server::Server, vendor::Vendor};

/// One story at a time: two browsers, a server and its ffmpeg have enough of two cores.
static TURN: Mutex<()> = Mutex::const_new(());

/// Longer than any story takes on a busy machine, and shorter than anybody's patience with a hung one.
const LONGEST: Duration = Duration::from_secs(300);

pub struct Stage {
    pub server: Mutex<Server>,
    pub vendor: Vendor,
    chromedriver: ChromeDriver,
    elsewhere: Mutex<Option<Server>>,
    people: Mutex<Vec<Person>>,
    evidence: PathBuf,
}

impl Stage {
    /// A person with a browser, signed up and looking at the home page.
    pub async fn person(&self, name: &str) -> Person {
        let url = self.server.lock().await.url("");
        let person = Person::new(name, url, self.chromedriver.open().await);
        // Before anything can fail: what is on the screen then is evidence.
        self.people.lock().await.push(person.clone());
        person.sign_up().await;
        person
    }

    /// A person who is signed up at another server, which knows nothing of the first.
    pub async fn person_elsewhere(&self, name: &str) -> Person {
        let url = {
            let mut elsewhere = self.elsewhere.lock().await;
            if elsewhere.is_none() {
                *elsewhere = Some(Server::start(&self.evidence).await);
            }
            elsewhere.as_ref().map(|server| server.url("")).unwrap_or_default()
        };
        let person = Person::new(name, url, self.chromedriver.open().await);
        self.people.lock().await.push(person.clone());
        person.sign_up().await;
        person
    }

    /// Screenshot, address and console of everybody.
    async fn keep_evidence(&self) {
        for person in self.people.lock().await.iter() {
            let file = |extension: &str| self.evidence.join(format!("{}.{extension}", person.name));
            if let Ok(picture) = person.client.screenshot().await {
                std::fs::write(file("png"), picture).expect("the evidence can be written");
            }
            if let Ok(page) = person.client.source().await {
                std::fs::write(file("html"), page).expect("the evidence can be written");
            }
            let log = person.console().await.join("\n");
            std::fs::write(file("console.txt"), log).expect("the evidence can be written");
        }
    }

    /// Nobody's console may have an error in it, whatever else went well.
    async fn assert_quiet_consoles(&self) {
        for person in self.people.lock().await.iter() {
            person.assert_quiet_console().await;
        }
    }
}

/// Plays a story. When it fails, `target/browser-test/<name>/` has what everybody saw.
pub async fn play<F, Fut>(name: &str, story: F)
where
    F: FnOnce(Arc<Stage>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let _turn: MutexGuard<()> = TURN.lock().await;
    let evidence = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser-test").join(name);
    std::fs::remove_dir_all(&evidence).ok();
    std::fs::create_dir_all(&evidence).expect("the folder for evidence can be made");

    let stage = Arc::new(Stage {
        server: Mutex::new(Server::start(&evidence).await),
        vendor: Vendor::start().await,
        chromedriver: ChromeDriver::start().await,
        elsewhere: Mutex::default(),
        people: Mutex::default(),
        evidence: evidence.clone(),
    });
    // Tasks of their own: a panic in them comes back as a value, after which browsers can still be asked and closed.
    let told = tokio::spawn(tokio::time::timeout(LONGEST, story(stage.clone()))).await;
    let quiet = {
        let stage = stage.clone();
        tokio::spawn(async move { stage.assert_quiet_consoles().await }).await
    };
    let failed = !matches!((&told, &quiet), (Ok(Ok(())), Ok(())));
    if failed {
        eprintln!("what everybody saw is in {}", evidence.display());
        let stage = stage.clone();
        tokio::spawn(async move { stage.keep_evidence().await }).await.ok();
    }
    stage.chromedriver.close().await;
    match told {
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("`{name}` took longer than {} s", LONGEST.as_secs()),
        Err(panicked) => resume_unwind(panicked.into_panic()),
    }
    if let Err(panicked) = quiet {
        resume_unwind(panicked.into_panic());
    }
}
