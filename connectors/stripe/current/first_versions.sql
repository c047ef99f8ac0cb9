-- There is one version of each subscription: today's.
select * from used.subscriptions
