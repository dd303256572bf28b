mod members;
mod invitations;
